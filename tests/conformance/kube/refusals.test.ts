import { expect, it } from 'vitest'
import { type Answer, call, type Send, sender, useCluster } from './cluster.ts'
import { isRecording, readRecorded, writeRecorded } from './recorded.ts'
import { type Edit, edited, randomEdits } from './refusals/mutate.ts'
import { OBJECTS, type Specimen } from './refusals/objects.ts'
import { Random } from './sequences/random.ts'

const FILE = 'refusals.json'
const COUNT = 400
/** A kubeconfig of another API server, to compare with. */
const PEER = process.env.SLIPWAY_CONFORMANCE_PEER

const place = useCluster()

interface Verdict {
  status: number
  /** `field|reason|message`, each once. */
  causes: string[]
}

interface Attempt {
  /** Of OBJECTS. */
  kind: string
  edits: Edit[]
}

// Objects of all kinds with faults in them: what is let in, and what is refused for which reasons in which words, is what a real
// API server does.
it('lets in and refuses what a real API server does, for the same reasons', { timeout: 120_000 }, async () => {
  await ready(call)
  if (isRecording) {
    const attempts = Array.from({ length: COUNT }, (_, seed) => attempt(seed))
    const items = []
    for (const one of attempts) items.push({ ...one, verdict: await judge(one, call) })
    writeRecorded(FILE, items)
  }

  const recorded = readRecorded<Attempt & { verdict: Verdict }>(FILE)
  expect(recorded).toHaveLength(COUNT)
  for (const { verdict, ...one } of recorded) {
    expect({ ...one, verdict: await judge(one, call) }).toEqual({ ...one, verdict })
  }
})

// Where a text that is empty is a value, and where it is none.
it.each<[string, Edit[], number, string[]]>([
  ['storageclass', [{ at: ['reclaimPolicy'], to: '' }], 201, []],
  [
    'vap',
    [{ at: ['spec', 'validations', 0, 'reason'], to: '' }],
    422,
    [
      'spec.validations[0].reason|FieldValueNotSupported|Unsupported value: "": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  ],
  [
    'podtemplate',
    [{ at: ['template', 'spec', 'volumes', 4, 'projected', 'sources', 1, 'configMap', 'items', 0, 'path'], to: '..' }],
    422,
    [
      `template.spec.volumes[4].projected.sources[1].configMap.items[0].path|FieldValueInvalid|Invalid value: "..": must not contain '..'`,
      `template.spec.volumes[4].projected.sources[1].configMap.items[0].path|FieldValueInvalid|Invalid value: "..": must not start with '..'`,
    ],
  ],
])('%s with %j', async (kind, edits, status, causes) => {
  expect(await judge({ kind, edits }, call)).toEqual({ status, causes })
})

it.runIf(PEER)('judges as a peer does, objects of this minute', { timeout: 600_000 }, async () => {
  const peer = sender(PEER as string)
  await peer('POST', '/api/v1/namespaces', { body: { metadata: { name: place.namespace } } })
  await Promise.all([ready(call), ready(peer)])
  const first = Math.floor(Math.random() * 2 ** 30)
  const differing = []
  for (let seed = first; seed < first + 1000; seed++) {
    const one = attempt(seed)
    const [own, other] = await Promise.all([call, peer].map((send) => judge(one, send)))
    if (JSON.stringify(own) !== JSON.stringify(other)) differing.push({ ...one, own, other })
  }
  // Some faults are told in words of Go's own, or counted at another place of the same object.
  expect(differing.filter(({ own, other }) => own?.status !== other?.status)).toEqual([])
  expect(differing.length).toBeLessThan(50)
  await peer('DELETE', `/api/v1/namespaces/${place.namespace}`)
})

function attempt(seed: number): Attempt {
  const random = new Random(seed)
  const kind = random.pick(Object.keys(OBJECTS))
  const { body } = OBJECTS[kind] as Specimen
  return { kind, edits: randomEdits(body('NAMESPACE'), random) }
}

async function judge({ kind, edits }: Attempt, send: Send): Promise<Verdict> {
  const { path, body: valid } = OBJECTS[kind] as Specimen
  const body = { metadata: { name: 'x.y' }, ...edited(valid(place.namespace), edits) }
  const { status, body: answer } = await send('POST', `${path(place.namespace)}?dryRun=All`, { body })
  return { status, causes: causesOf(answer) }
}

function causesOf(body: Answer['body']): string[] {
  const causes = ((body.details?.causes ?? []) as Record<string, string>[]).map(
    // Go tells a map that is empty from none, as long as it is not written.
    ({ field, reason, message = '' }) => `${field}|${reason}|${message.replace('value: {}:', 'value: null:')}`,
  )
  return [...new Set(causes)].toSorted()
}

/** Pods need the ServiceAccount that a controller makes; where none runs, the test does. */
async function ready(send: Send): Promise<void> {
  await send('POST', `/api/v1/namespaces/${place.namespace}/serviceaccounts`, {
    body: { metadata: { name: 'default' } },
  })
}

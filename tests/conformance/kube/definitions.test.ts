import { expect, it } from 'vitest'
import { type Answer, call, type Send, sender, useCluster } from './cluster.ts'
import { randomFault } from './definitions/faults.ts'
import { definition } from './definitions/specimen.ts'
import { isRecording, readRecorded, writeRecorded } from './recorded.ts'
import { type Edit, edited } from './refusals/mutate.ts'
import { Random } from './sequences/random.ts'

const FILE = 'definitions.json'
const COUNT = 300
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
/** A kubeconfig of another API server, to compare with. */
const PEER = process.env.SLIPWAY_CONFORMANCE_PEER

useCluster()

interface Verdict {
  status: number
  /** `field|reason|message`, each once. */
  causes: string[]
}

// CustomResourceDefinitions with faults in them: what is refused, where, for which reasons and in which words.
it('lets in and refuses the definitions that a real API server does', { timeout: 120_000 }, async () => {
  if (isRecording) {
    const items = []
    for (let seed = 0; seed < COUNT; seed++) {
      const edits = randomFault(new Random(seed))
      items.push({ edits, verdict: await judge(edits, call) })
    }
    writeRecorded(FILE, items)
  }

  const recorded = readRecorded<{ edits: Edit[]; verdict: Verdict }>(FILE)
  expect(recorded).toHaveLength(COUNT)
  for (const { edits, verdict } of recorded) {
    expect({ edits, verdict: await judge(edits, call) }).toEqual({ edits, verdict })
  }
})

it.runIf(PEER)('judges definitions as a peer does, of this minute', { timeout: 600_000 }, async () => {
  const peer = sender(PEER as string)
  const first = Math.floor(Math.random() * 2 ** 30)
  const differing = []
  for (let seed = first; seed < first + 500; seed++) {
    const edits = randomFault(new Random(seed))
    const [own, other] = await Promise.all([call, peer].map((send) => judge(edits, send)))
    if (JSON.stringify(own) !== JSON.stringify(other)) differing.push({ edits, own, other })
  }
  expect(differing.filter(({ own, other }) => own?.status !== other?.status)).toEqual([])
  expect(differing.length).toBeLessThan(10)
})

async function judge(edits: Edit[], send: Send): Promise<Verdict> {
  const body = edited(definition(), edits)
  const { status, body: answer } = await send('POST', `${CRDS}?dryRun=All`, { body })
  return { status, causes: causesOf(answer) }
}

function causesOf(body: Answer['body']): string[] {
  const causes = (body.details?.causes ?? []) as Record<string, string>[]
  return [...new Set(causes.map(({ field, reason, message }) => `${field}|${reason}|${message}`))].toSorted()
}

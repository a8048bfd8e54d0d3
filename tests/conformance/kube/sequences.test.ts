import { expect, it } from 'vitest'
import { call, type Send, sender, useCluster } from './cluster.ts'
import { isRecording, readRecorded, writeRecorded } from './recorded.ts'
import { generate, type Sequence } from './sequences/generate.ts'
import { type Result, run } from './sequences/run.ts'
import { WIDGET_DEFINITION, WIDGETS_PATH } from './sequences/subjects.ts'

const FILE = 'sequences.json'
const COUNT = 45
/** A kubeconfig of another API server, to compare with. */
const PEER = process.env.SLIPWAY_CONFORMANCE_PEER

const place = useCluster()

// Applies, patches and replacements of generated objects, by several managers: every object with its managedFields, and every
// refusal, is what a real API server made of the same writes.
it('does with generated writes what a real API server did', { timeout: 120_000 }, async () => {
  await defineWidgets(call)
  if (isRecording) {
    const items = []
    for (let seed = 1; seed <= COUNT; seed++) {
      const sequence = generate(seed)
      items.push({ sequence, results: await run(sequence, place.namespace, call) })
    }
    writeRecorded(FILE, items)
  }

  const recorded = readRecorded<{ sequence: Sequence; results: Result[] }>(FILE)
  expect(recorded).toHaveLength(COUNT)
  for (const { sequence, results } of recorded) {
    expect({ sequence, results: await run(sequence, place.namespace, call) }).toEqual({ sequence, results })
  }
})

it.runIf(PEER)('does what a peer does, with writes of this minute', { timeout: 600_000 }, async () => {
  const peer = sender(PEER as string)
  await peer('POST', '/api/v1/namespaces', { body: { metadata: { name: place.namespace } } })
  await Promise.all([defineWidgets(call), defineWidgets(peer)])
  const first = Math.floor(Math.random() * 2 ** 30)
  for (let seed = first; seed < first + 500; seed++) {
    const sequence = generate(seed)
    const [own, other] = await Promise.all([call, peer].map((send) => run(sequence, place.namespace, send)))
    expect({ sequence, results: own }).toEqual({ sequence, results: other })
  }
  await peer('DELETE', `/api/v1/namespaces/${place.namespace}`)
})

async function defineWidgets(send: Send): Promise<void> {
  await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: WIDGET_DEFINITION })
  await expect.poll(async () => (await send('GET', WIDGETS_PATH)).status).toBe(200)
}

/**
 * How long a pod takes from its creation to Running and Ready, its image present: `npm run bench:pods [-- --rounds N]`.
 * Beside it, in the same run and with the same engine: one bare container, and the two that a pod consists of.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerEngine, ContainerSpec } from '@slipway/container-engine'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { waitForObject } from '../apps/slipway/src/story/wait.ts'
import { startSlipway } from './kube/servers.ts'

const ROUNDS = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 15
const IMAGE = 'localhost/slipway-bench/busybox:1'
const COMMAND = ['/bin/busybox', 'sleep', '10000']
const PODS = { apiVersion: 'v1', kind: 'Pod', namespace: 'default' }

const times: Record<string, number[]> = {}

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await act()
  const values = times[what] ?? []
  times[what] = [...values, performance.now() - began]
  return result
}

async function bareContainers(engine: ContainerEngine, round: number): Promise<void> {
  const name = `slipway-bench-${process.pid}-${round}`
  const spec = { name, image: IMAGE, command: COMMAND } as ContainerSpec
  const alone = await timed('engine: one container', () => run(engine, spec))
  const pair = await timed('engine: two containers, the second in the network of the first', async () => {
    const first = await run(engine, { ...spec, name: `${name}-a` })
    return [first, await run(engine, { ...spec, name: `${name}-b`, network: `container:${first}` })]
  })
  for (const id of [alone, ...pair.reverse()]) await engine.remove(id)
}

async function run(engine: ContainerEngine, spec: ContainerSpec): Promise<string> {
  const id = await engine.createContainer(spec)
  await engine.start(id)
  return id
}

async function pod(client: KubeClient, round: number): Promise<void> {
  const name = `bench-${round}`
  const container = { name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', command: COMMAND }
  const began = performance.now()
  const since = (what: string): void => {
    times[what] = [...(times[what] ?? []), performance.now() - began]
  }
  await client.create({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  } as KubeObject)
  await waitForObject(client, { ...PODS, name }, ({ status }) => {
    const running = status.containerStatuses?.[0].state.running
    const ready = status.conditions?.find(({ type }: { type: string }) => type === 'Ready')?.status === 'True'
    return running && ready
  })
  since('pod: create -> Running and Ready')
  await client.delete({ ...PODS, name })
}

const builder = await testEngine(process.env)
if (!builder) throw new Error('there is no container engine here, or no /bin/busybox to make an image of')
await buildTestImage(builder.engine, IMAGE)
const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-pods-'))
const server = await startSlipway(folder, [])
const client = new KubeClient(parseKubeconfig(readFileSync(server.kubeconfig, 'utf8')))
try {
  await pod(client, -1)
  for (const what of Object.keys(times)) delete times[what]
  for (let round = 0; round < ROUNDS; round++) {
    await bareContainers(builder.engine, round)
    await pod(client, round)
  }
} finally {
  await client.close()
  await server.stop()
  await builder.stop()
  rmSync(folder, { recursive: true, force: true })
}

const quantile = (values: number[], share: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN)
console.table(
  Object.entries(times).map(([what, values]) => ({
    what,
    fastest: `${quantile(values, 0)} ms`,
    median: `${quantile(values, 0.5)} ms`,
    p95: `${quantile(values, 0.95)} ms`,
  })),
)

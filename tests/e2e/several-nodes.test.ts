import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { client, clientPath } from './clients.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const kubectl = clientPath('kubectl-1.34')
const folder = mkdtempSync(join(tmpdir(), 'slipway-several-nodes-'))
const kubeconfig = join(folder, 'kubeconfig')
const SOON = { timeout: 30_000 }
const ZONE = 'topology.kubernetes.io/zone'
/** The Nodes that nobody tends to but this test. */
const FARS = ['far-1', 'far-2', 'far-3']

let cluster: ClusterProcess
let api: KubeClient
let run: (...args: string[]) => Promise<string>
beforeAll(async () => {
  cluster = startClusterProcess(['--nodes', 'simulated', '--kubeconfig', kubeconfig])
  await cluster.ready
  api = new KubeClient(parseKubeconfig(readFileSync(kubeconfig, 'utf8')))
  run = client(kubectl ?? '', kubeconfig)
  for (const name of FARS) await joinNode(name)
})
afterAll(async () => {
  await api?.close()
  await cluster?.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

/** As a kubelet does it. */
async function joinNode(name: string): Promise<void> {
  const node = { apiVersion: 'v1', kind: 'Node' }
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }
  await api.create({ ...node, metadata: { name, labels: { 'kubernetes.io/hostname': name, [ZONE]: name } } })
  const status = {
    allocatable: { cpu: '4', memory: '8Gi', pods: '20' },
    conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
  }
  await api.patch({ ...node, name }, 'merge', { status }, { subresource: 'status' })
}

const pods = async (name: string): Promise<KubeObject[]> =>
  (await api.list({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', labelSelector: `app=${name}` })).items.filter(
    ({ metadata }) => !metadata.deletionTimestamp,
  )

/** How many pods of an application there are on each Node, as `far-1: 2`; those that wait are on none. */
async function places(name: string): Promise<string[]> {
  const counts = new Map<string, number>()
  for (const { spec } of await pods(name)) {
    const node = (spec as { nodeName?: string }).nodeName ?? 'none'
    counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return [...counts].map(([node, count]) => `${node}: ${count}`).sort()
}

const deployment = (name: string, replicas: number, spec: object, cpu = '100m'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name, image: 'example.com/i', resources: { requests: { cpu } } }], ...spec },
    },
  },
})

const spread = (name: string, whenUnsatisfiable: string): object => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable, labelSelector: { matchLabels: { app: name } } },
  ],
})

describe.skipIf(!kubectl)(`several Nodes${kubectl ? '' : ' (skipped: there is no kubectl)'}`, () => {
  it('get pods of a spread evenly, and no more where one is cordoned or has a taint', async () => {
    await api.create(deployment('even', 6, spread('even', 'DoNotSchedule')))
    await expect.poll(() => places('even'), SOON).toEqual(['far-1: 2', 'far-2: 2', 'far-3: 2'])

    await run('cordon', 'far-1')
    await run('taint', 'node', 'far-2', 'dedicated=db:NoSchedule')
    await run('scale', 'deployment', 'even', '--replicas=9')
    await expect.poll(() => places('even'), SOON).toEqual(['far-1: 2', 'far-2: 2', 'far-3: 3', 'none: 2'])
    const waiting = (await pods('even')).find(({ spec }) => !(spec as { nodeName?: string }).nodeName)
    const why =
      "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable."
    await expect.poll(() => run('describe', 'pod', waiting?.metadata.name ?? ''), SOON).toContain(why)

    await run('uncordon', 'far-1')
    await run('taint', 'node', 'far-2', 'dedicated-')
    await expect.poll(() => places('even'), SOON).toEqual(['far-1: 3', 'far-2: 3', 'far-3: 3'])
  })

  it('take over the pods of one that is drained, but for its daemons', async () => {
    const here = { nodeSelector: { 'kubernetes.io/hostname': 'slipway' } }
    await api.create(deployment('move', 3, { affinity: preferred('slipway') }))
    await expect.poll(() => places('move'), SOON).toEqual(['slipway: 3'])
    const { metadata, spec } = deployment('daemon', 1, {})
    const { replicas: _, ...rest } = spec as { replicas: number }
    await api.create({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec: rest })
    const everywhere = ['far-1: 1', 'far-2: 1', 'far-3: 1', 'slipway: 1']
    await expect.poll(() => places('daemon'), SOON).toEqual(everywhere)

    const told = await run('drain', 'slipway', '--ignore-daemonsets', '--timeout=60s')
    expect(told).toMatch(/node\/slipway drained/)
    await expect.poll(() => places('move'), SOON).not.toContain(expect.stringMatching(/slipway|none/))
    expect(await pods('move')).toHaveLength(3)
    expect(await places('daemon')).toEqual(everywhere)

    await api.create(deployment('back', 1, here))
    await expect.poll(() => places('back'), SOON).toEqual(['none: 1'])
    await run('uncordon', 'slipway')
    await expect.poll(() => places('back'), SOON).toEqual(['slipway: 1'])
  })

  it('make room for what matters more where that is the least loss', async () => {
    await run('create', 'priorityclass', 'high', '--value=100')
    const far = { [ZONE]: 'far-3' }
    await api.create(deployment('low', 1, { nodeSelector: far }, '3'))
    await expect.poll(() => places('low'), SOON).toEqual(['far-3: 1'])

    await api.create(deployment('high', 1, { nodeSelector: far, priorityClassName: 'high' }, '3'))
    const nominated = async () => (await pods('high'))[0]?.status?.nominatedNodeName
    await expect.poll(nominated, SOON).toBe('far-3')
    await expect.poll(() => places('low'), SOON).toEqual(['none: 1'])
    await run('delete', 'pods', '-l', 'app=low', '--force', '--grace-period=0')
    await expect.poll(() => places('high'), SOON).toEqual(['far-3: 1'])
  })

  it('that are new get what waits for them', async () => {
    await api.create(deployment('later', 1, { nodeSelector: { 'kubernetes.io/hostname': 'new' } }))
    await expect.poll(() => places('later'), SOON).toEqual(['none: 1'])

    await joinNode('new')
    await expect.poll(() => places('later'), SOON).toEqual(['new: 1'])
  })
})

function preferred(node: string): object {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }]
  const terms = [{ weight: 100, preference: { matchExpressions } }]
  return { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } }
}

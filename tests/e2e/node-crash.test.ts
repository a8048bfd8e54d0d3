import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { KubeClient, type ListQuery, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor, waitForObject } from '../../apps/slipway/src/story/wait.ts'
import { type ClusterProcess, startClusterProcess } from './cluster-process.ts'

const IMAGE = 'localhost/slipway-node-crash/busybox:1'
const REPLICAS = 3
const root = mkdtempSync(join(tmpdir(), 'slipway-node-crash-'))
const namespace = `crash-${process.pid}`
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' }
const PODS: ListQuery = { apiVersion: 'v1', kind: 'Pod', namespace }

const builder = await testEngine(process.env)
let cluster: ClusterProcess
let client: KubeClient

async function start(): Promise<void> {
  const file = join(root, 'kubeconfig')
  cluster = startClusterProcess(['--data', join(root, 'data'), '--kubeconfig', file])
  await cluster.ready
  client = new KubeClient(parseKubeconfig(readFileSync(file, 'utf8')))
}

async function killAndRestart(): Promise<void> {
  await client.close()
  await cluster.end('SIGKILL')
  await start()
}

beforeAll(async () => {
  if (!builder) return
  await buildTestImage(builder.engine, IMAGE)
  await start()
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as KubeObject)
})

afterAll(async () => {
  if (!builder) return
  await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
  await waitFor(client, PODS, (pods) => pods.length === 0)
  await client.close()
  await cluster.end('SIGTERM')
  await builder.stop()
  rmSync(root, { recursive: true, force: true })
})

const version = (number: number): KubeObject => ({
  apiVersion: deployment.apiVersion,
  kind: deployment.kind,
  metadata: { name: 'web', namespace },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            ...{ name: 'web', image: IMAGE, imagePullPolicy: 'IfNotPresent' },
            command: ['/bin/busybox', 'sleep', '10000'],
            env: [{ name: 'VERSION', value: String(number) }],
          },
        ],
      },
    },
  },
})

async function rolledOut(): Promise<KubeObject[]> {
  await waitForObject(client, deployment, ({ metadata, status = {} }) => {
    const counts = [status.replicas, status.updatedReplicas, status.availableReplicas]
    return status.observedGeneration === metadata.generation && counts.every((count) => count === REPLICAS)
  })
  return waitFor(client, PODS, (pods) => pods.length === REPLICAS)
}

/** Every container that the engine has of the namespace, by the pod that it belongs to. */
async function containersByPod(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { labels } of (await builder?.engine.list({ labels: { 'io.kubernetes.pod.namespace': namespace } })) ??
    []) {
    const name = labels['io.kubernetes.pod.name'] ?? ''
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe.skipIf(!builder)('a node', () => {
  it.each([
    0, 100, 200, 400, 800, 1_600,
  ])('killed %i ms after a change has the right containers when it is back', async (delay) => {
    await client.apply(version(delay), { fieldManager: 'test' })
    await new Promise((resolve) => setTimeout(resolve, delay))
    await killAndRestart()

    const pods = await rolledOut()

    for (const { spec } of pods) expect(spec.containers[0].env[0].value).toBe(String(delay))
    // A sandbox and a container each, and none of pods that are gone.
    const expected = Object.fromEntries(pods.map(({ metadata }) => [metadata.name, 2]))
    await expect.poll(containersByPod).toEqual(expected)
  })

  it('whose Podman is killed runs what comes next', async () => {
    const pidFile = join(root, 'data', 'podman', 'podman.pid')
    if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
    await client.apply(version(2), { fieldManager: 'test' })

    for (const { spec } of await rolledOut()) expect(spec.containers[0].env[0].value).toBe('2')
  })

  it('killed when all is as it should be changes nothing when it is back', async () => {
    await rolledOut()
    const kinds: ListQuery[] = [
      PODS,
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace },
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace },
    ]
    const versions = async (): Promise<unknown[]> => {
      const lists = await Promise.all(kinds.map((query) => client.list<KubeObject>(query)))
      return lists.map(({ items }) => items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
    }
    const before = await versions()
    await killAndRestart()

    // When this one runs, the node has looked at all of them.
    await client.create({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'last', namespace: 'default' } },
      spec: version(0).spec.template.spec,
    } as KubeObject)
    const last = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'last' }
    await waitForObject(client, last, ({ status }) => status?.phase === 'Running')
    await client.delete(last)

    expect(await versions()).toEqual(before)
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { InformerSet } from '@slipway/kube-client'
import { expect, it, onTestFinished } from 'vitest'
import { Node, type PodRuntime, simulatedRuntime } from '../index.ts'
import { FakeCluster, testIdentity } from '../testing/index.ts'

/** A runtime whose hooks run until they are let go, and the names of the containers in the order in which they began. */
function hookedRuntime(): { runtime: PodRuntime; begun: string[]; hooked: Promise<void>; release(): void } {
  const runtime = simulatedRuntime()
  const begun: string[] = []
  let release = (): void => {}
  const exited = new Promise<number>((resolve) => {
    release = () => resolve(0)
  })
  let hook = (): void => {}
  const hooked = new Promise<void>((resolve) => {
    hook = resolve
  })
  const own: Partial<Record<string | symbol, unknown>> = {
    createContainer: (spec: Parameters<typeof runtime.engine.createContainer>[0]) => {
      begun.push(spec.labels?.['io.kubernetes.container.name'] ?? '')
      return runtime.engine.createContainer(spec)
    },
    exec: async () => {
      hook()
      return { stdout: new PassThrough(), stderr: new PassThrough(), exited, close: () => {} }
    },
  }
  const engine = new Proxy(runtime.engine, {
    get: (target, name) => own[name] ?? (target[name as keyof typeof target] as () => unknown).bind(target),
  })
  return { runtime: { ...runtime, simulated: false, engine }, begun, hooked, release }
}

async function startNode(runtime: PodRuntime): Promise<FakeCluster> {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const informers = new InformerSet(client)
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
  const node = new Node({ client, informers, runtime }, { dataDir, instance: 'test', kubelet: testIdentity })
  await node.start()
  onTestFinished(async () => {
    await node.stop()
    await informers.stop()
    rmSync(dataDir, { recursive: true })
  })
  return cluster
}

const web = { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'default' }
const proxied = {
  ...web,
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    nodeName: 'slipway',
    containers: [
      { name: 'proxy', image: 'x.example/a:1', lifecycle: { postStart: { exec: { command: ['wait'] } } } },
      { name: 'web', image: 'x.example/a:1' },
    ],
  },
}

it('starts what is listed after a container with a postStart hook when that has ended', async () => {
  const { runtime, begun, hooked, release } = hookedRuntime()
  const cluster = await startNode(runtime)
  await cluster.create(proxied)
  await hooked

  expect(begun).toEqual(['POD', 'proxy'])

  release()
  await cluster.until(web, (pod) => pod?.status?.containerStatuses?.every(({ ready }: { ready: boolean }) => ready))
  expect(begun).toEqual(['POD', 'proxy', 'web'])
})

it('waits for no postStart hook of a pod that is deleted', async () => {
  const { runtime, begun, hooked } = hookedRuntime()
  const cluster = await startNode(runtime)
  await cluster.create(proxied)
  await hooked

  await cluster.delete(web, {})
  await cluster.until(web, (pod) => pod === undefined)
  expect(begun).toEqual(['POD', 'proxy'])
})

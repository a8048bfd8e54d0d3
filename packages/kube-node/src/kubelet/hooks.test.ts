import { PassThrough } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { type PodRuntime, simulatedRuntime } from '../index.ts'
import { engineWith, startTestNode } from '../testing/index.ts'

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
  const engine = engineWith(runtime.engine, {
    createContainer: (spec) => {
      begun.push(spec.labels?.['io.kubernetes.container.name'] ?? '')
      return runtime.engine.createContainer(spec)
    },
    exec: async () => {
      hook()
      const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
      return { ...streams, exited, close: () => {}, resize: async () => {}, kill: async () => {} }
    },
  })
  return { runtime: { ...runtime, simulated: false, engine }, begun, hooked, release }
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
  const { cluster, stop } = await startTestNode(runtime)
  onTestFinished(stop)
  await cluster.create(proxied)
  await hooked

  expect(begun).toEqual(['POD', 'proxy'])

  release()
  await cluster.until(web, (pod) => pod?.status?.containerStatuses?.every(({ ready }: { ready: boolean }) => ready))
  expect(begun).toEqual(['POD', 'proxy', 'web'])
})

it('waits for no postStart hook of a pod that is deleted', async () => {
  const { runtime, begun, hooked } = hookedRuntime()
  const { cluster, stop } = await startTestNode(runtime)
  onTestFinished(stop)
  await cluster.create(proxied)
  await hooked

  await cluster.delete(web, {})
  await cluster.until(web, (pod) => pod === undefined)
  expect(begun).toEqual(['POD', 'proxy'])
})

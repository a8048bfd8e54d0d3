import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import { InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Node, type PodRuntime, simulatedRuntime } from '../index.ts'
import { FakeCluster, testIdentity } from '../testing/index.ts'
import { durationText } from './pod-text.ts'

const namespace = 'default'
const EVENTS = { apiVersion: 'v1', kind: 'Event' }

async function startNode(runtime: PodRuntime): Promise<{ cluster: FakeCluster; stop(): Promise<void> }> {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const informers = new InformerSet(client)
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-node-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const node = new Node({ client, informers, runtime }, { dataDir, instance: 'test', kubelet: testIdentity })
  await node.start()
  return {
    cluster,
    stop: async () => {
      await node.stop()
      await informers.stop()
    },
  }
}

/** What the kubelet says of a pod with this spec until its status is as wanted. */
async function eventsOf(
  runtime: PodRuntime,
  spec: object,
  isDone: (pod: KubeObject | undefined) => boolean,
): Promise<KubeObject[]> {
  const { cluster, stop } = await startNode(runtime)
  const metadata = { name: 'web', namespace }
  await cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'slipway', ...spec } })
  await cluster.until({ apiVersion: 'v1', kind: 'Pod', ...metadata }, isDone)
  await stop()
  const { items } = await cluster.list(EVENTS)
  return items.filter(({ involvedObject }) => involvedObject.kind === 'Pod')
}

const waitsFor =
  (reason: string) =>
  (pod: KubeObject | undefined): boolean =>
    pod?.status?.containerStatuses?.[0]?.state.waiting?.reason === reason

describe('events of a node', () => {
  it('tell that it has begun, and what it is like', async () => {
    const { cluster, stop } = await startNode(simulatedRuntime())
    await stop()
    const { items } = await cluster.list(EVENTS)
    const said = items.filter(({ involvedObject }) => involvedObject.kind === 'Node')
    expect(said.map(({ source, message }) => `${source.component}: ${message}`).toSorted()).toEqual([
      'kubelet: Node slipway status is now: NodeHasNoDiskPressure',
      'kubelet: Node slipway status is now: NodeHasSufficientMemory',
      'kubelet: Node slipway status is now: NodeHasSufficientPID',
      'kubelet: Node slipway status is now: NodeReady',
      'kubelet: Starting kubelet.',
      'node-controller: Node slipway event: Registered Node slipway in Controller',
    ])
    const csiNode = await cluster.get({ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', name: 'slipway' })
    expect(csiNode?.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'slipway' }])
  })
})

describe('events of the kubelet', () => {
  it('tells the same of two containers in two events, each with its place in the spec and the node', async () => {
    const image = 'registry.example/web:1'
    const spec = {
      initContainers: [{ name: 'before', image }],
      containers: [
        { name: 'one', image },
        { name: 'two', image },
      ],
    }
    const events = await eventsOf(simulatedRuntime(), spec, (pod) => pod?.status?.phase === 'Running')

    const pulled = events.filter(({ reason }) => reason === 'Pulled')
    expect(pulled.map(({ involvedObject }) => involvedObject.fieldPath).toSorted()).toEqual([
      'spec.containers{one}',
      'spec.containers{two}',
      'spec.initContainers{before}',
    ])
    expect(pulled[0]).toMatchObject({
      message: `Container image "${image}" already present on machine`,
      source: { component: 'kubelet', host: 'slipway' },
      reportingComponent: 'kubelet',
      reportingInstance: 'slipway',
      count: 1,
    })
  })

  it.each([
    {
      title: 'that no registry has',
      error: new UserError('IMAGE_NOT_FOUND', 'not found'),
      asks: true,
      reason: 'ImagePullBackOff',
      said: [
        'Normal Pulling: Pulling image "x.example/a:1"',
        'Warning Failed: Failed to pull image "x.example/a:1": not found',
        'Warning Failed: Error: ErrImagePull',
        'Normal BackOff: Back-off pulling image "x.example/a:1"',
        'Warning Failed: Error: ImagePullBackOff',
      ],
    },
    {
      title: 'that may not be pulled',
      error: new UserError('IMAGE_NEVER_PULL', 'it is not present with pull policy of Never'),
      asks: false,
      reason: 'ErrImageNeverPull',
      said: [
        'Warning ErrImageNeverPull: it is not present with pull policy of Never',
        'Warning Failed: Error: ErrImageNeverPull',
      ],
    },
    {
      title: 'whose name is none',
      error: new UserError('IMAGE_NAME_INVALID', 'Failed to apply default image tag "x"'),
      asks: false,
      reason: 'InvalidImageName',
      said: ['Warning InspectFailed: Failed to apply default image tag "x"', 'Warning Failed: Error: InvalidImageName'],
    },
  ])('tells of an image $title in the words of the kubelet', async ({ error, asks, reason, said }) => {
    const runtime: PodRuntime = {
      ...simulatedRuntime(),
      images: {
        async ensureImage(_reference, { onPull }) {
          if (asks) onPull?.()
          throw error
        },
      },
    }
    const spec = { containers: [{ name: 'c', image: 'x.example/a:1' }] }

    const events = await eventsOf(runtime, spec, waitsFor(reason))

    expect(events.map((event) => `${event.type} ${event.reason}: ${event.message}`)).toEqual(said)
  })

  it('tell of the name of an image that is none where nothing runs, too', async () => {
    const spec = { containers: [{ name: 'c', image: 'x.example/A:1' }] }

    const events = await eventsOf(simulatedRuntime(), spec, waitsFor('InvalidImageName'))

    expect(events.map(({ message }) => message)).toEqual([
      `Failed to apply default image tag "x.example/A:1": couldn't parse image name "x.example/A:1": invalid reference format: repository name (A) must be lowercase`,
      'Error: InvalidImageName',
    ])
  })

  it('tell of a deadline until the containers have ended', async () => {
    const spec = { activeDeadlineSeconds: 1, containers: [{ name: 'c', image: 'x.example/a:1' }] }

    const events = await eventsOf(simulatedRuntime(), spec, (pod) => pod?.status?.reason === 'DeadlineExceeded')

    const versions = Object.fromEntries(
      events.map(({ reason, metadata }) => [reason, Number(metadata.resourceVersion)]),
    )
    expect(events.find(({ reason }) => reason === 'DeadlineExceeded')?.count).toBe(4)
    expect(versions.DeadlineExceeded).toBeGreaterThan(versions.Killing as number)
  })

  it.each([
    [0, '0s'],
    [35, '35ms'],
    [1500, '1.5s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
    [3_660_000, '1h1m0s'],
  ])('prints %i milliseconds as Go does', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text)
  })
})

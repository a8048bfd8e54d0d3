import type { ReconcileContext } from '@slipway/controller-runtime'
import { InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { beforeEach, describe, expect, it } from 'vitest'
import { ownerReference } from '../../labels.ts'
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { Deployment, DeploymentCondition, ReplicaSet } from '../../model/workloads.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { deploymentReconciler } from './reconciler.ts'

const namespace = 'default'
const WEB = { ...DEPLOYMENTS, name: 'web', namespace }
const labels = { app: 'web' }

let cluster: FakeCluster
let events: string[]
beforeEach(() => {
  cluster = new FakeCluster()
  events = []
})

const templateOf = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } })

async function deploy(spec: object = {}): Promise<void> {
  await cluster.create({
    ...DEPLOYMENTS,
    metadata: { name: 'web', namespace },
    spec: {
      ...{
        replicas: 2,
        progressDeadlineSeconds: 600,
        selector: { matchLabels: labels },
        template: templateOf('web:1'),
      },
      ...spec,
    },
  })
}

/** One look, with caches that know everything. */
async function reconcile(): Promise<Deployment> {
  const client = cluster.client()
  const informers = new InformerSet(client)
  const [pods, replicaSets] = [informers.for<Pod>(PODS), informers.for<ReplicaSet>(REPLICA_SETS)]
  await Promise.all([pods.start(), replicaSets.start()])
  const reconciler = deploymentReconciler({
    client,
    replicaSets: new FreshCache(replicaSets),
    pods: new FreshCache(pods),
  })
  const context = {
    event: (_type: string, reason: string, message: string) => events.push(`${reason}: ${message}`),
    patchStatus: (status: object, type = 'merge') => cluster.patch(WEB, type, { status }),
  } as unknown as ReconcileContext<Deployment>
  await reconciler.reconcile((await cluster.get(WEB)) as Deployment, context)
  await informers.stop()
  return (await cluster.get(WEB)) as Deployment
}

const setsOf = async (): Promise<KubeObject[]> => (await cluster.list(REPLICA_SETS)).items
const setOf = async (image: string): Promise<KubeObject | undefined> =>
  (await setsOf()).find(({ spec }) => spec.template.spec.containers[0].image === image)

/** What the controller of replica sets says of one: all its pods are there, and so many serve. */
async function fill(image: string, available: number): Promise<void> {
  const set = await setOf(image)
  if (!set) throw new Error(`no replica set of ${image}`)
  const { replicas } = set.spec
  const status = {
    ...{ replicas, readyReplicas: available, availableReplicas: available },
    observedGeneration: set.metadata.generation,
  }
  await cluster.patch({ ...REPLICA_SETS, name: set.metadata.name, namespace }, 'merge', { status })
}

const progressOf = ({ status }: Deployment): DeploymentCondition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Progressing')

/** Brings the Deployment to where it rests, and looks at it until nothing changes. */
async function complete(image: string, replicas: number): Promise<Deployment> {
  await reconcile()
  await fill(image, replicas)
  return reconcile()
}

const change = (spec: object): Promise<KubeObject> => cluster.patch(WEB, 'merge', { spec })

describe('progress of a Deployment', () => {
  it('is made by a rollout alone: one that is complete may lose pods or grow, and misses no deadline', async () => {
    await deploy()
    const before = progressOf(await complete('web:1', 2))
    expect(before?.reason).toBe('NewReplicaSetAvailable')

    await fill('web:1', 0)
    await reconcile()
    await fill('web:1', 1)
    const crashing = await reconcile()
    await change({ replicas: 3 })
    await reconcile()
    await fill('web:1', 2)

    expect([progressOf(crashing), progressOf(await reconcile())]).toEqual([before, before])
  })

  it('is missed when nothing happens until the deadline, and that is said of the new replica set', async () => {
    await deploy({ progressDeadlineSeconds: 0 })
    await reconcile()

    const condition = progressOf(await reconcile())

    const name = (await setOf('web:1'))?.metadata.name
    expect(condition).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
    expect(condition?.message).toBe(`ReplicaSet "${name}" has timed out progressing.`)
  })

  it('rests while it is paused, and is awaited anew when it goes on', async () => {
    await deploy()
    await reconcile()
    await change({ paused: true })
    const paused = progressOf(await reconcile())
    await change({ paused: false })
    const resumed = progressOf(await reconcile())

    expect([paused, resumed]).toMatchObject([
      { status: 'Unknown', reason: 'DeploymentPaused' },
      { status: 'Unknown', reason: 'DeploymentResumed' },
    ])
  })

  it('leaves conditions of others as they are', async () => {
    await deploy()
    await reconcile()
    const foreign = { type: 'Checked', status: 'True', reason: 'Fine', message: '' }
    await cluster.patch(WEB, 'strategic', { status: { conditions: [foreign] } })
    await fill('web:1', 2)

    expect((await reconcile()).status?.conditions).toContainEqual(foreign)
  })
})

describe('a rollout of type Recreate', () => {
  it('makes the new replica set when the last old pod is gone', async () => {
    await deploy({ strategy: { type: 'Recreate' } })
    await complete('web:1', 2)
    const old = (await setOf('web:1')) as KubeObject
    const pod = { ...PODS, name: 'old', namespace }
    await cluster.create({
      ...PODS,
      metadata: { name: 'old', namespace, labels, ownerReferences: [ownerReference(old)] },
      spec: { containers: [] },
      status: { phase: 'Running' },
    })
    events = []

    await change({ template: templateOf('web:2') })
    await reconcile()
    await fill('web:1', 0)
    await reconcile()
    expect([await setOf('web:2'), (await setOf('web:1'))?.spec.replicas]).toEqual([undefined, 0])

    await cluster.delete(pod)
    await reconcile()
    const made = await setOf('web:2')
    expect(made?.spec.replicas).toBe(2)
    expect(events).toEqual([
      `ScalingReplicaSet: Scaled down replica set ${old.metadata.name} from 2 to 0`,
      `ScalingReplicaSet: Scaled up replica set ${made?.metadata.name} from 0 to 2`,
    ])
  })
})

describe('replica sets of a Deployment', () => {
  it('are removed beyond the history when the rollout is complete and not before: until then it may be undone', async () => {
    await deploy({ revisionHistoryLimit: 0, strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 2 } } })
    await complete('web:1', 2)
    await change({ template: templateOf('web:2') })
    await reconcile()
    await reconcile()
    await fill('web:1', 0)
    await reconcile()
    expect((await setOf('web:1'))?.spec.replicas).toBe(0)

    await fill('web:2', 2)
    await reconcile()
    await reconcile()
    expect(await setOf('web:1')).toBeUndefined()
  })

  it('remember the numbers that they had before', async () => {
    await deploy()
    await complete('web:1', 2)
    for (const image of ['web:2', 'web:1']) {
      await change({ template: templateOf(image) })
      await reconcile()
    }

    expect((await setOf('web:1'))?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
  })

  it('are found again by whoever made them and did not learn of it', async () => {
    await deploy()
    const { create } = cluster
    cluster.create = async (object) => {
      await create.call(cluster, object)
      return create.call(cluster, object)
    }

    const { status } = await reconcile()

    expect(await setsOf()).toHaveLength(1)
    expect(status?.collisionCount).toBeUndefined()
  })
})

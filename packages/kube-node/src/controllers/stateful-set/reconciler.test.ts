import type { ReconcileContext } from '@slipway/controller-runtime'
import { InformerSet } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { beforeEach, expect, it } from 'vitest'
import { CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { type ControllerRevision, RevisionHistory } from '../history/controller-revisions.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { PodWriter } from '../pods/pod-writer.ts'
import { ClaimKeeper } from './claim-keeper.ts'
import { statefulSetReconciler } from './reconciler.ts'
import type { StatefulSet } from './stateful-set.ts'

const namespace = 'default'
const DB = { ...STATEFUL_SETS, name: 'db', namespace }
const CLAIM = { ...PERSISTENT_VOLUME_CLAIMS, name: 'data-db-0', namespace }
const POD = { ...PODS, name: 'db-0', namespace }
const labels = { app: 'db' }

let cluster: FakeCluster
beforeEach(async () => {
  cluster = new FakeCluster()
})

async function createSet(spec: object = {}): Promise<KubeObject> {
  return cluster.create({
    ...STATEFUL_SETS,
    metadata: { name: 'db', namespace, annotations: { 'kubernetes.io/change-cause': 'the first' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, tier: 'back' } },
        spec: { containers: [{ name: 'c', image: 'x:1' }] },
      },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }],
      ...spec,
    },
  })
}

/** One look, with caches that know everything. */
async function reconcile(): Promise<number | undefined> {
  const client = cluster.client()
  const informers = new InformerSet(client)
  const [pods, revisions] = [informers.for<Pod>(PODS), informers.for<ControllerRevision>(CONTROLLER_REVISIONS)]
  await Promise.all([pods.start(), revisions.start()])
  const reconciler = statefulSetReconciler({
    pods: new PodWriter(client, new FreshCache(pods)),
    history: new RevisionHistory(client, new FreshCache(revisions)),
    claims: new ClaimKeeper(client),
  })
  const context = {
    event: () => {},
    patchStatus: (status: object, type = 'merge') => cluster.patch(DB, type, { status }),
  } as unknown as ReconcileContext<StatefulSet>
  const { recheckAfter } = await reconciler.reconcile((await cluster.get(DB)) as StatefulSet, context)
  await informers.stop()
  return recheckAfter
}

const podNames = async (): Promise<string[]> => (await cluster.list(PODS)).items.map(({ metadata }) => metadata.name)

it('takes over no pod that could not be its own by its name', async () => {
  await createSet()
  for (const name of ['loose', 'db-copy-0']) {
    await cluster.create({ ...PODS, metadata: { name, namespace, labels }, spec: { containers: [] } })
  }

  await reconcile()

  const owned = (await cluster.list(PODS)).items.filter(({ metadata }) => metadata.ownerReferences)
  expect(owned.map(({ metadata }) => metadata.name)).toEqual(['db-0'])
})

it('makes a claim anew that is gone while its pod waits for it', async () => {
  await createSet()
  await reconcile()
  await cluster.patch(POD, 'merge', { status: { phase: 'Pending' } })
  await cluster.delete(CLAIM)

  await reconcile()

  expect(await cluster.get(CLAIM)).toBeDefined()
})

it.each([
  ['is being deleted', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
  [
    'goes with a pod that was there before',
    { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'db-0', uid: 'x' }] },
  ],
])('makes no pod for a claim that %s, and looks again', async (_name, metadata) => {
  await createSet({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' } })
  await cluster.create({ ...PERSISTENT_VOLUME_CLAIMS, metadata: { name: CLAIM.name, namespace, ...metadata } })

  expect([await reconcile(), await podNames()]).toEqual([1_000, []])

  await cluster.delete(CLAIM)
  await reconcile()
  expect(await podNames()).toEqual(['db-0'])
})

it('is the manager of claims that are to go with it', async () => {
  const { metadata } = await createSet({
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' },
  })

  await reconcile()

  expect((await cluster.get(CLAIM))?.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }])
})

it('says what has come about also when it can make no pods', async () => {
  await createSet({ volumeClaimTemplates: [] })
  const { create } = cluster
  cluster.create = (object) => (object.kind === 'Pod' ? Promise.reject(new Error('no')) : create.call(cluster, object))

  await expect(reconcile()).rejects.toThrow('no')

  expect((await cluster.get(DB))?.status).toMatchObject({ observedGeneration: 1, replicas: 0 })
})

it('keeps its templates with their labels, and the cause of the change', async () => {
  await createSet()
  await reconcile()

  const [revision] = (await cluster.list(CONTROLLER_REVISIONS)).items
  expect(revision?.metadata).toMatchObject({
    labels: { app: 'db', tier: 'back', 'controller.kubernetes.io/hash': expect.any(String) },
    annotations: { 'kubernetes.io/change-cause': 'the first' },
  })
  // kubectl compares texts.
  const template = JSON.stringify((revision as ControllerRevision).data?.spec?.template)
  expect(template).toMatch(/^\{"\$patch":"replace","metadata":.*"spec":\{"containers":/)
})

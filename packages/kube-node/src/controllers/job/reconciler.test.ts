import type { ReconcileContext } from '@slipway/controller-runtime'
import { InformerSet } from '@slipway/kube-client'
import { expect, it } from 'vitest'
import { ownerReference } from '../../labels.ts'
import { JOBS, PODS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { PodWriter } from '../pods/pod-writer.ts'
import { type Job, TRACKING } from './job.ts'
import { jobReconciler } from './reconciler.ts'

const NAMESPACE = 'default'
const JOB = { ...JOBS, name: 'once', namespace: NAMESPACE }

const labels = { job: 'once' }
const podSpec = { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] }

async function world() {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const informers = new InformerSet(client)
  const pods = new FreshCache<Pod>(informers.for(PODS))
  const reconciler = jobReconciler({ client, pods: new PodWriter(client, pods) })
  const context = {
    event: () => {},
    patchStatus: (status: object, type: 'merge') => cluster.patch(JOB, type, { status }),
  } as unknown as ReconcileContext<Job>
  const job = (await cluster.create({
    ...JOBS,
    metadata: { name: 'once', namespace: NAMESPACE },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec },
    },
  })) as Job
  return { cluster, pods, job, look: (one: Job) => reconciler.reconcile(one, context) }
}

it('counts a pod once, and adds nothing to a Job that has ended', async () => {
  const { cluster, pods, job, look } = await world()
  const metadata = {
    ...{ name: 'once-1', namespace: NAMESPACE, labels },
    finalizers: [TRACKING],
    ownerReferences: [ownerReference(job)],
  }
  pods.wrote((await cluster.create({ ...PODS, metadata, spec: podSpec, status: { phase: 'Succeeded' } })) as Pod)

  await look(job)
  await look((await cluster.get(JOB)) as Job)

  const { conditions, succeeded } = (await cluster.get(JOB))?.status ?? {}
  expect(conditions.map(({ type }: { type: string }) => type)).toEqual(['SuccessCriteriaMet', 'Complete'])
  expect(succeeded).toBe(1)
  expect((await cluster.list(PODS)).items).toHaveLength(1)
})

it('makes no pods for a Job that is deleted and waits for those that it had', async () => {
  const { cluster, job, look } = await world()

  await look({ ...job, metadata: { ...job.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
  expect((await cluster.list(PODS)).items).toEqual([])

  await look(job)
  expect((await cluster.list(PODS)).items).toHaveLength(1)
})

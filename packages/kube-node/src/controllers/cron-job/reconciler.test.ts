import type { ReconcileContext } from '@slipway/controller-runtime'
import { InformerSet } from '@slipway/kube-client'
import { expect, it } from 'vitest'
import { CRON_JOBS, JOBS } from '../../model/kinds.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import type { Job } from '../job/job.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import type { CronJob } from './cron-job.ts'
import { cronJobReconciler } from './reconciler.ts'

const CRON = { ...CRON_JOBS, name: 'c', namespace: 'default' }

it.each([
  [undefined, 'Z'],
  ['Etc/UTC', 'Z'],
  ['Asia/Kolkata', '+05:30'],
  ['America/Caracas', '-04:00'],
])('says on a Job for what time it is, in the time zone %s of its schedule', async (timeZone, offset) => {
  const cluster = new FakeCluster()
  const client = cluster.client()
  const jobs = new FreshCache<Job>(new InformerSet(client).for(JOBS))
  const context = {
    event: () => {},
    patchStatus: (status: object, type = 'merge') => cluster.patch(CRON, type, { status }),
  } as unknown as ReconcileContext<CronJob>
  const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000)
  const cron = (await cluster.create({
    ...CRON_JOBS,
    metadata: { name: 'c', namespace: 'default', creationTimestamp: new Date(minute.getTime() - 90_000).toISOString() },
    spec: { schedule: '* * * * *', ...(timeZone && { timeZone }), jobTemplate: { spec: {} } },
  })) as CronJob

  await cronJobReconciler({ client, jobs }).reconcile(cron, context)

  const [job] = (await cluster.list(JOBS)).items
  const time = job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? ''
  expect(time).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:00${offset.replace('+', '\\+')}$`))
  expect(Date.parse(time)).toBeGreaterThanOrEqual(minute.getTime())
})

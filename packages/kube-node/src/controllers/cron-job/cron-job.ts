import type { KubeObject, ObjectMeta } from '@slipway/kube-objects'
import type { JobSpec } from '../job/job.ts'

export interface CronJob extends KubeObject {
  spec: {
    schedule: string
    timeZone?: string
    startingDeadlineSeconds?: number
    concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace'
    suspend?: boolean
    jobTemplate: { metadata?: Partial<ObjectMeta>; spec: JobSpec }
    successfulJobsHistoryLimit?: number
    failedJobsHistoryLimit?: number
  }
  status?: CronJobStatus
}

export interface CronJobStatus {
  active?: JobReference[]
  lastScheduleTime?: string
  lastSuccessfulTime?: string
}

export interface JobReference {
  apiVersion: string
  kind: string
  name: string
  namespace?: string
  uid: string
}

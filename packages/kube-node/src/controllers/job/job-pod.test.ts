import { expect, it } from 'vitest'
import type { Job } from './job.ts'
import { jobPod } from './job-pod.ts'

const job = (name: string): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default', uid: 'u' },
  spec: { template: { spec: { containers: [{ name: 'c', image: 'x' }] } } },
})

it('names the pod of an index after Job and index, and says of what the name was made', () => {
  const { metadata, spec } = jobPod(job('j'), 3, undefined)

  expect(metadata.generateName).toBe('j-3-')
  expect(metadata.name).toMatch(/^j-3-.{5}$/)
  expect(spec.hostname).toBe('j-3')
  expect(spec.containers[0]?.env).toMatchObject([{ name: 'JOB_COMPLETION_INDEX' }])
})

it('cuts the name of a Job that is too long for a pod, and keeps the index', () => {
  expect(jobPod(job('j'.repeat(63)), 3, undefined).metadata.name).toMatch(/^j{55}-3-.{5}$/)
})

import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { completionOf, waitForAll } from './wait.ts'

const server = new MemoryApiServer([
  { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs' },
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
])
let client: KubeClient
beforeAll(async () => {
  client = await server.start()
})
afterAll(async () => {
  await client.close()
  await server.stop()
})

const metadata = { name: 'hook', namespace: 'default' }
const job: KubeObject = { apiVersion: 'batch/v1', kind: 'Job', metadata }
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata }

it('what failed ends the wait for what is neither ready nor failed', async () => {
  await client.create(pod)
  await client.create(job)
  const watch = vi.spyOn(client, 'watch')
  const patience = { timeout: 60_000, signal: new AbortController().signal, rule: completionOf }
  const waiting = waitForAll(client, [pod, job], patience)
  waiting.catch(() => {})
  await expect.poll(() => watch).toHaveBeenCalledTimes(2)

  const status = { conditions: [{ type: 'Failed', status: 'True' }] }
  await client.patch({ ...job, ...metadata }, 'merge', { status }, { subresource: 'status' })

  await expect(waiting).rejects.toMatchObject({ code: 'RELEASE_NOT_HEALTHY' })
  expect(watch.mock.calls.map(([, signal]) => signal?.aborted)).toEqual([true, true])
})

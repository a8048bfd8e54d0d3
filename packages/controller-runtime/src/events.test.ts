import { TransientError, UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { expect, it } from 'vitest'
import { EventRecorder } from './events.ts'

const subject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', uid: 'u' } }

/** The Events of an API that keeps them for as long as `keeps` says. */
function recorder(keeps = true) {
  const events = new Map<string, KubeObject>()
  const writes: string[] = []
  const client = {
    async create(event: KubeObject) {
      writes.push('create')
      if (keeps) events.set(event.metadata.name, event)
      else events.set(`expired ${writes.length}`, event)
    },
    async patch({ name }: { name: string }, _type: string, patch: object) {
      writes.push('patch')
      const event = events.get(name)
      if (!event) throw new UserError('KUBE_NOT_FOUND', 'not found')
      events.set(name, { ...event, ...patch })
    },
  } as unknown as KubeClient
  const errors: unknown[] = []
  return {
    events,
    writes,
    errors,
    recorder: new EventRecorder(client, { component: 'c' }, (error) => errors.push(error)),
  }
}

it('writes few Events about what fails thousands of times, each time in other words', async () => {
  const { events, writes, recorder: told } = recorder()
  for (let time = 0; time < 5000; time++) told.record(subject, 'Warning', 'Failed', `attempt ${time}`)
  await told.flush()

  expect(writes).toHaveLength(25)
  expect(events.size).toBe(10)
  expect([...events.values()].at(-1)).toMatchObject({
    message: '(combined from similar events): attempt 24',
    count: 16,
  })
})

it('goes on counting where the Event has expired', async () => {
  const { events, errors, recorder: told } = recorder(false)
  for (let time = 0; time < 3; time++) told.record(subject, 'Normal', 'Pulled', 'same')
  await told.flush()

  expect([...events.values()].map(({ count }) => count)).toEqual([1, 2, 3])
  expect(new Set([...events.values()].map(({ metadata }) => metadata.name)).size).toBe(1)
  expect(errors).toEqual([])
})

it('tells of an Event that could not be written', async () => {
  const client = { create: () => Promise.reject(new TransientError('KUBE_UNAVAILABLE', 'no')) } as unknown as KubeClient
  const errors: unknown[] = []
  const told = new EventRecorder(client, { component: 'c' }, (error) => errors.push(error))
  told.record(subject, 'Normal', 'Pulled', 'same')
  await told.flush()

  expect(errors).toHaveLength(1)
})

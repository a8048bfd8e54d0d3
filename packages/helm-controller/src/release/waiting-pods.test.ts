import { expect, it } from 'vitest'
import { reasonsOf } from './waiting-pods.ts'

const pod = (name: string, waiting: { reason?: string; message?: string } | undefined) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  status: { containerStatuses: [{ name: 'web', state: waiting ? { waiting } : {} }] },
})

it('a refused image is named once, however many pods wait for it', () => {
  const refused = { reason: 'SignatureValidationFailed', message: 'no signature of web:1 by key team' }

  expect(reasonsOf([pod('web-1', refused), pod('web-2', refused)])).toEqual([
    'container web of pod web-1 is waiting: SignatureValidationFailed: no signature of web:1 by key team',
  ])
})

it('what every pod goes through says nothing', () => {
  expect(reasonsOf([pod('a', undefined), pod('b', {}), pod('c', { reason: 'ContainerCreating' })])).toEqual([])
})

it('a few reasons are enough', () => {
  const pods = Array.from({ length: 9 }, (_, n) => pod(`web-${n}`, { reason: 'CrashLoopBackOff', message: `try ${n}` }))

  expect(reasonsOf(pods)).toHaveLength(5)
})

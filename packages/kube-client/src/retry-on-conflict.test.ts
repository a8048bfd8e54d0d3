import { TransientError, UserError } from '@slipway/errors'
import { expect, it } from 'vitest'
import { retryOnConflict } from './retry-on-conflict.ts'

const conflict = new TransientError('KUBE_CONFLICT', 'the object has been modified')

function failing(errors: Error[]): { change: () => Promise<string>; calls: () => number } {
  let calls = 0
  const change = async (): Promise<string> => {
    const error = errors[calls++]
    if (error) throw error
    return 'written'
  }
  return { change, calls: () => calls }
}

it('changes the object again when somebody else wrote it meanwhile', async () => {
  const { change, calls } = failing([conflict, conflict])
  expect(await retryOnConflict(change)).toBe('written')
  expect(calls()).toBe(3)
})

it('gives up after five conflicts', async () => {
  const { change, calls } = failing(Array(9).fill(conflict))
  await expect(retryOnConflict(change)).rejects.toBe(conflict)
  expect(calls()).toBe(5)
})

it('passes other errors on at once', async () => {
  const invalid = new UserError('KUBE_INVALID', 'spec: Required value')
  const { change, calls } = failing([invalid])
  await expect(retryOnConflict(change)).rejects.toBe(invalid)
  expect(calls()).toBe(1)
})

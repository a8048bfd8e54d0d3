import { expect, it } from 'vitest'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { type Rejection, rejectionOf } from './admission.ts'

const node = { metadata: { name: 'n' }, spec: {}, status: { allocatable: { pods: '9' } } } as unknown as NodeObject

function rejected(spec: Partial<Pod['spec']>, labels: Record<string, string> = {}): Rejection | undefined {
  const pod: Pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u', labels } },
    spec: { containers: [], ...spec },
  }
  return rejectionOf(pod, node, [])
}

it('takes pods of Linux, and of no system in particular', () => {
  expect(rejected({})).toBeUndefined()
  expect(rejected({ os: { name: 'linux' } }, { 'kubernetes.io/os': 'linux' })).toBeUndefined()
})

it('rejects pods of another system, by their spec and by their label', () => {
  expect(rejected({ os: { name: 'windows' } })).toEqual({
    reason: 'PodOSNotSupported',
    message: "Pod was rejected: Failed to admit pod as the OS field doesn't match node OS",
  })
  expect(rejected({}, { 'kubernetes.io/os': 'windows' })).toEqual({
    reason: 'PodOSSelectorNodeLabelDoesNotMatch',
    message: "Pod was rejected: Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
  })
})

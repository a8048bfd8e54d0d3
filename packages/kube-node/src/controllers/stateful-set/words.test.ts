import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { claimWords, statefulPodWords } from './words.ts'

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'db-0',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true }],
  },
  spec: { containers: [] },
} as Pod
const names = { claim: 'data-db-0', pod: 'db-0', set: 'db' }
const error = new Error('no room')

it.each([
  [statefulPodWords('create', pod), 'create Pod db-0 in StatefulSet db successful'],
  [statefulPodWords('delete', pod), 'delete Pod db-0 in StatefulSet db successful'],
  [statefulPodWords('create', pod, error), 'create Pod db-0 in StatefulSet db failed error: no room'],
  [claimWords(names), 'create Claim data-db-0 Pod db-0 in StatefulSet db success'],
  [claimWords(names, error), 'create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: no room'],
])('is said as the StatefulSet controller does: %#', (said, expected) => {
  expect(said).toBe(expected)
})

import { UserError } from '@slipway/errors'
import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { StartBackOff } from './start-back-off.ts'
import { mountFailure } from './start-failure.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1' },
  spec: { containers: [{ name: 'c', image: 'x' }] },
}

function begin(): { backOff: StartBackOff; told: unknown[][] } {
  const told: unknown[][] = []
  const deps = { event: (...event: unknown[]) => told.push(event) }
  return { backOff: new StartBackOff({ pod } as unknown as ObservedPod, deps as unknown as WorkerDeps), told }
}

it('tells once for each back-off that a container waits for its restart', () => {
  const { backOff, told } = begin()
  const look = (message?: string): unknown =>
    backOff.due([], new Map(message ? [['c', { reason: 'CrashLoopBackOff', message }]] : []))

  look('back-off 10s')
  look('back-off 10s')
  look()
  look('back-off 20s')

  const { apiVersion, kind, metadata } = pod
  const subject = { apiVersion, kind, metadata, fieldPath: 'spec.containers{c}' }
  const text = 'Back-off restarting failed container c in pod web_shop(u1)'
  expect(told).toEqual([
    [subject, 'Warning', 'BackOff', text],
    [subject, 'Warning', 'BackOff', text],
  ])
})

it('tells of a volume that is not there as of the pod, whichever container waits for it', () => {
  const { backOff, told } = begin()

  backOff.failed('c', mountFailure('v', new UserError('POD_CONFIG_MISSING', 'secret "s" not found')))

  expect(told).toEqual([
    [pod, 'Warning', 'FailedMount', 'MountVolume.SetUp failed for volume "v" : secret "s" not found'],
  ])
})

import { describe, expect, it } from 'vitest'
import type { Pod } from '../model/pod.ts'
import type { ContainerStatus, TerminatedState } from '../model/pod-status.ts'
import { loggedContainer } from './logged-container.ts'

const terminated = (containerID?: string): TerminatedState => ({
  exitCode: 1,
  reason: 'Error',
  startedAt: null,
  finishedAt: null,
  ...(containerID && { containerID }),
})
const running = { running: { startedAt: '' } }

const podWith = (state: ContainerStatus['state'], lastState: ContainerStatus['lastState'] = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'c', image: 'x' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'c',
        image: 'x',
        imageID: '',
        containerID: 'podman://now',
        ready: true,
        restartCount: 0,
        state,
        lastState,
      },
    ],
  },
})

describe('loggedContainer', () => {
  it.each([
    ['that runs', podWith(running), false, 'now'],
    ['that has ended', podWith({ terminated: terminated('podman://ended') }), false, 'ended'],
    [
      'whose next start failed',
      podWith({ terminated: terminated() }, { terminated: terminated('podman://before') }),
      false,
      'before',
    ],
    [
      'that waits for its restart',
      podWith({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: terminated('podman://before') }),
      false,
      'before',
    ],
    ['before the one that runs', podWith(running, { terminated: terminated('podman://before') }), true, 'before'],
  ])('finds the one %s', (_name, pod, previous, id) => {
    expect(loggedContainer(pod, 'c', previous)).toBe(id)
  })

  it.each([
    [podWith(running), true, 'previous terminated container "c" in pod "web" not found'],
    [
      podWith({ waiting: { reason: 'ErrImagePull' } }),
      false,
      'container "c" in pod "web" is waiting to start: image can\'t be pulled',
    ],
    [
      podWith({ waiting: { reason: 'ImagePullBackOff' } }),
      false,
      'container "c" in pod "web" is waiting to start: trying and failing to pull image',
    ],
    [
      podWith({ waiting: { reason: 'PodInitializing' } }),
      false,
      'container "c" in pod "web" is waiting to start: PodInitializing',
    ],
    [podWith({}), false, 'container "c" in pod "web" is waiting to start - no logs yet'],
    [podWith({ terminated: terminated() }), false, 'container "c" in pod "web" is terminated'],
    [
      { ...podWith(running), status: { phase: 'Pending' } } as Pod,
      false,
      'container "c" in pod "web" is not available',
    ],
  ])('says why there is none: %#', (pod, previous, message) => {
    expect(() => loggedContainer(pod, 'c', previous)).toThrow(
      expect.objectContaining({ code: 'POD_NOT_RUNNING', message }),
    )
  })
})

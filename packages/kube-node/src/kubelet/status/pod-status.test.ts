import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { PodStatus } from '../../model/pod-status.ts'
import type { Attempt, Observed } from '../observe.ts'
import { podStatus } from './pod-status.ts'

const container = (name: string) => ({ name, image: 'x:1' })

const statusOf = (spec: Pod['spec'], observed: [string, Observed][] = [], over = false): PodStatus =>
  podStatus({
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
    sandbox: undefined,
    observed: new Map(observed),
    waiting: new Map(),
    started: new Set(),
    ready: new Set(),
    resize: { held: new Map() },
    over,
    podIP: undefined,
    hostIP: '10.0.0.1',
    runtime: 'podman',
    now: '2026-01-01T00:00:00Z',
  })

it('lists containers by name, and init containers as they run', () => {
  const spec = { initContainers: ['z', 'a'].map(container), containers: ['two', 'one'].map(container) }

  const status = statusOf(spec)

  expect(status.containerStatuses?.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(status.initContainerStatuses?.map(({ name }) => name)).toEqual(['z', 'a'])
})

it('has twelve kilobytes for the last words of all containers', () => {
  const ended = { id: 'a', status: 'exited', exitCode: 1, message: 'x'.repeat(4096) } as Attempt
  const lengthOf = (names: string[]): number | undefined =>
    statusOf({ containers: names.map(container) }, [['a', { current: ended }]]).containerStatuses?.find(
      ({ name }) => name === 'a',
    )?.state.terminated?.message?.length

  expect(lengthOf(['a', 'b', 'c'])).toBe(4096)
  expect(lengthOf(['a', 'b', 'c', 'd'])).toBe(3072)
})

it('a pod that is over before it ran has failed, and so have its containers', () => {
  const missed = { exitCode: 137, reason: 'ContainerStatusUnknown' }

  const { phase, containerStatuses } = statusOf({ containers: [container('a')] }, [], true)

  expect([phase, containerStatuses?.[0]?.state]).toMatchObject(['Failed', { terminated: missed }])
})

it('containers still wait in a pod that is over before its init containers were done', () => {
  const spec = { initContainers: [container('init')], containers: [container('a')] }
  const stateAfter = (exitCode: number) => {
    const current = { id: 'i', status: 'exited', exitCode } as Attempt
    return statusOf(spec, [['init', { current }]], true).containerStatuses?.[0]?.state
  }

  expect(stateAfter(1)).toEqual({ waiting: { reason: 'PodInitializing' } })
  expect(stateAfter(0)).toMatchObject({ terminated: { reason: 'ContainerStatusUnknown' } })
})

import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { podStatus } from './pod-status.ts'

const container = (name: string) => ({ name, image: 'x:1' })

it('lists containers by name, and init containers as they run', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { initContainers: ['z', 'a'].map(container), containers: ['two', 'one'].map(container) },
  } as unknown as Pod

  const status = podStatus({
    pod,
    sandbox: undefined,
    observed: new Map(),
    waiting: new Map(),
    started: new Set(),
    ready: new Set(),
    resize: { held: new Map() },
    over: false,
    podIP: undefined,
    hostIP: '10.0.0.1',
    runtime: 'podman',
    now: '2026-01-01T00:00:00Z',
  })

  expect(status.containerStatuses?.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(status.initContainerStatuses?.map(({ name }) => name)).toEqual(['z', 'a'])
})

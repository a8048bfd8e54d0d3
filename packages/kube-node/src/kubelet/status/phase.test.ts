import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { ContainerStatus, PodStatus } from '../../model/pod-status.ts'
import { phaseOf } from './phase.ts'

const status = (name: string, state: ContainerStatus['state']): ContainerStatus =>
  ({ name, state, lastState: {} }) as ContainerStatus
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const ended = (exitCode: number) => ({
  terminated: { exitCode } as NonNullable<ContainerStatus['state']['terminated']>,
})

it.each([
  ['Running', running, 'Running'],
  ['Running', ended(0), 'Succeeded'],
  [undefined, running, 'Pending'],
] as const)('has not ended while a sidecar runs: once %s and then %j it is %s', (before, sidecar, expected) => {
  const pod = {
    spec: {
      restartPolicy: 'Never',
      initContainers: [{ name: 's', restartPolicy: 'Always' }],
      containers: [{ name: 'c' }],
    },
    ...(before && { status: { phase: before } satisfies PodStatus }),
  } as unknown as Pod

  const known = { init: [status('s', sidecar)], main: [status('c', ended(0))], over: false }

  expect(phaseOf(pod, known)).toBe(expected)
})

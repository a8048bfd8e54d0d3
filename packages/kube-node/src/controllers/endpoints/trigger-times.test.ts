import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { Service } from '../../model/service.ts'
import { TriggerTimes } from './trigger-times.ts'

const service = (creationTimestamp: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'n', creationTimestamp },
  spec: {},
})

const pod = (name: string, lastTransitionTime?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n' },
  spec: { containers: [] },
  status: {
    phase: 'Running',
    conditions: lastTransitionTime ? [{ type: 'Ready', status: 'True', lastTransitionTime, lastProbeTime: null }] : [],
  },
})

const at = (second: number): string => `2026-01-01T00:00:0${second}Z`

it('tells the first of the changes since the last look', () => {
  const times = new TriggerTimes()
  const web = service(at(0))

  expect(times.look(web, [pod('a', at(1))])).toBe(at(0))
  expect(times.look(web, [pod('a', at(1))])).toBeUndefined()
  expect(times.look(web, [pod('a', at(3)), pod('b', at(2)), pod('c')])).toBe(at(2))
  expect(times.look(web, [pod('b', at(2))])).toBeUndefined()
  expect(times.look(service(at(5)), [pod('b', at(2))])).toBe(at(5))
  times.forget(web)
  expect(times.look(web, [pod('b', at(2))])).toBe(at(0))
})

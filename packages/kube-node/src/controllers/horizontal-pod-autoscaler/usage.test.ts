import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { averageRule, isWithin, replicasFor, replicasForRatio, utilizationRule } from './usage.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const pod = (name: string, { phase = 'Running', ready = 'True', start = '2026-01-01T11:00:00Z' } = {}): Pod =>
  ({
    metadata: { name },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] },
    status: {
      phase,
      startTime: start,
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: '2026-01-01T11:00:05Z' }],
    },
  }) as unknown as Pod
const samples = (values: Record<string, number>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, time: NOW, window: 30_000 }]))
const cpu = (values: Record<string, number>, pods: Pod[], percent = 50) =>
  replicasFor(samples(values), { pods, current: pods.length, resource: 'cpu', now: NOW }, () =>
    utilizationRule(percent, pods, 'cpu'),
  )

it('makes as many pods as bring the use to its target', () => {
  const pods = [pod('a'), pod('b')]
  expect(cpu({ a: 100, b: 80 }, pods)).toEqual({ replicas: 4, usage: { ratio: 1.8, value: 90, utilization: 90 } })
  expect(cpu({ a: 52, b: 52 }, pods).replicas).toBe(2)
  expect(cpu({ a: 20, b: 20 }, pods).replicas).toBe(1)
})

it('is careful with pods that are starting or were not measured', () => {
  const starting = pod('c', { start: '2026-01-01T11:59:50Z', ready: 'False' })
  // It would be three times two; the third pod counts as idle.
  expect(cpu({ a: 150, b: 150, c: 100 }, [pod('a'), pod('b'), starting]).replicas).toBe(6)
  // Without a sample it counts as busy when there would be fewer, and the two are kept.
  expect(cpu({ a: 10 }, [pod('a'), pod('b')]).replicas).toBe(2)
})

it('says why it can not tell', () => {
  expect(() => cpu({}, [])).toThrow('no pods returned by selector while calculating replica count')
  expect(() => cpu({ a: 1 }, [pod('a', { phase: 'Pending' })])).toThrow('did not receive metrics for targeted pods')
  const without = { ...pod('a'), spec: { containers: [{ name: 'c' }] } } as unknown as Pod
  expect(() => cpu({ a: 1 }, [without])).toThrow('missing request for cpu in container c of Pod a')
})

it('divides an average, and scales a value with the pods that are ready', () => {
  const pods = [pod('a'), pod('b')]
  const average = replicasFor(samples({ a: 25_000, b: 25_000 }), { pods, current: 2, now: NOW }, () =>
    averageRule(10_000),
  )
  expect(average).toEqual({ replicas: 5, usage: { ratio: 2.5, value: 25_000 } })
  expect(replicasForRatio(3, 2, pods)).toBe(6)
  expect(replicasForRatio(0.2, 0, [])).toBe(1)
})

it.each([
  [0.89, false],
  [0.9, true],
  [1.1, true],
  [1.11, false],
])('takes %d for %s near enough', (ratio, near) => {
  expect(isWithin(ratio)).toBe(near)
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { testNodeObject as node, type PodFacts, testPod as pod, testKnowledge } from '../../testing/scheduling.ts'
import { podInfo } from '../cluster/pod-info.ts'
import { decide, type Setback } from '../decision.ts'
import { LONGEST_PAUSE, Setbacks } from './setbacks.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const full = { requests: { cpu: '4' } }
const ofWeb = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' }

/** A pod that found no place on these Nodes, and how long it is to wait now. */
function refused(facts: PodFacts, others: Pod[] = [pod('x', { ...full, nodeName: 'a', priority: 5 })]) {
  const knowledge = testKnowledge([node('a'), node('b', { unschedulable: true })], others)
  const setbacks = new Setbacks(knowledge.changes)
  const wanted = pod('p', facts)
  const refuse = (): void => setbacks.note(podInfo(wanted), decide(podInfo(wanted), knowledge) as Setback, undefined)
  refuse()
  return { ...knowledge, setbacks, refuse, pause: (of = wanted) => setbacks.pause(podInfo(of), knowledge) }
}

describe('a pod that found no place', () => {
  it('waits while nothing changes that can help it, and for five minutes at the most', () => {
    const { cluster, pause, changes } = refused(full)
    cluster.takePod({ type: 'added', object: pod('y', { nodeName: 'a' }) })
    cluster.takePod({ type: 'deleted', object: pod('y', { nodeName: 'a' }) })
    cluster.takeNode({ type: 'added', object: node('c', { allocatable: { cpu: '1', pods: '1' } }) })
    changes.ofStorage()

    expect(pause()).toBe(LONGEST_PAUSE)
    vi.setSystemTime(Date.now() + LONGEST_PAUSE)
    expect(pause()).toBe(0)
  })

  it.each<[string, (of: ReturnType<typeof refused>) => void]>([
    ['a Node has come that has room', ({ cluster }) => cluster.takeNode({ type: 'added', object: node('c') })],
    [
      'a Node is open again',
      ({ cluster }) =>
        cluster.takeNode({ type: 'modified', object: node('b'), previous: node('b', { unschedulable: true }) }),
    ],
    [
      'a pod has left that held what it needs',
      ({ cluster }) => cluster.takePod({ type: 'deleted', object: pod('x', { ...full, nodeName: 'a' }) }),
    ],
    [
      'a pod has ended',
      ({ cluster }) =>
        cluster.takePod({ type: 'modified', object: pod('x', { nodeName: 'a', status: { phase: 'Succeeded' } }) }),
    ],
    [
      'a pod holds less',
      ({ cluster }) => cluster.takePod({ type: 'modified', object: pod('x', { nodeName: 'a', priority: 5 }) }),
    ],
  ])('is tried at once when %s', (_title, happen) => {
    const world = refused(full)
    happen(world)

    expect(world.pause()).toBe(0)
  })

  it('is tried when a pod has left that mattered more than it, though others are left that matter less', () => {
    const others = [
      pod('more', { nodeName: 'a', priority: 9, requests: { cpu: '2' } }),
      pod('less', { nodeName: 'a', priority: 1, requests: { cpu: '2' } }),
    ]
    const { cluster, pause } = refused({ ...full, priority: 5 }, others)
    expect(pause()).toBe(LONGEST_PAUSE)
    cluster.takePod({ type: 'deleted', object: others[0]! })

    expect(pause()).toBe(0)
  })

  it('is tried when it is another itself', () => {
    const { pause } = refused(full)
    const changed = pod('p', full)
    changed.metadata.generation = 2

    expect([pause(), pause(changed), pause(pod('p', { ...full, labels: { a: 'b' } }))]).toEqual([LONGEST_PAUSE, 0, 0])
  })

  it('that looks for company is tried when any comes, later each time', () => {
    const { cluster, pause, refuse } = refused({
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [ofWeb] } },
    })
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8].map((turn) => {
      cluster.takePod({ type: 'added', object: pod(`y${turn}`, { nodeName: 'a' }) })
      const left = pause()
      refuse()
      return left
    })

    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000])
  })
})

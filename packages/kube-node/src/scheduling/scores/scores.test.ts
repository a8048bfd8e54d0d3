import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import type { Service } from '../../model/service.ts'
import { testNodeObject as node, type PodFacts, testPod as pod, testKnowledge } from '../../testing/scheduling.ts'
import { podInfo } from '../cluster/pod-info.ts'
import { balancedAllocation, leastAllocated } from './allocation.ts'
import { imageLocality } from './image-locality.ts'
import { likedPods } from './pod-affinity.ts'
import { fewTaints, preferredNodes } from './preferences.ts'
import type { Score } from './score.ts'
import { chooser, totals } from './scores.ts'
import { spreadEvenly } from './spread.ts'

const GIB = 1024 ** 3

const NODES = [
  node('a', {
    labels: { zone: 'one', 'topology.kubernetes.io/zone': 'one' },
    images: { 'big:1': GIB, 'some:latest': GIB / 4 },
  }),
  node('b', { labels: { zone: 'one', 'topology.kubernetes.io/zone': 'one' }, images: { 'some:latest': GIB / 4 } }),
  node('c', {
    labels: { zone: 'two', 'topology.kubernetes.io/zone': 'two', disk: 'ssd' },
    taints: [{ key: 'busy', effect: 'PreferNoSchedule' }],
    allocatable: { cpu: '8', memory: '8Gi', pods: '10' },
  }),
]

const web = (name: string, nodeName: string, more: PodFacts = {}): Pod =>
  pod(name, { nodeName, labels: { app: 'web' }, ...more })
const ofWeb = { labelSelector: { matchLabels: { app: 'web' } } }
const service = { metadata: { name: 's' }, spec: { selector: { app: 'web' } } } as unknown as Service

type Affinity = NonNullable<PodFacts['affinity']>
const near = (weight: number, kind: 'podAffinity' | 'podAntiAffinity' = 'podAffinity'): PodFacts => ({
  affinity: {
    [kind]: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: { topologyKey: 'zone', ...ofWeb } }],
    },
  } as Affinity,
})
const nodes = (...terms: [weight: number, key: string, value: string][]): PodFacts => ({
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: terms.map(([weight, key, value]) => ({
        weight,
        preference: { matchExpressions: [{ key, operator: 'In', values: [value] }] },
      })),
    },
  },
})
const spread = (topologyKey: string, maxSkew = 1): PodFacts => ({
  topologySpreadConstraints: [{ maxSkew, topologyKey, whenUnsatisfiable: 'ScheduleAnyway', ...ofWeb }],
})
const half = { requests: { cpu: '2', memory: '2Gi' } }

describe('a score', () => {
  it.each<[string, Score, PodFacts, Pod[], number[] | undefined]>([
    [
      'prefers what is empty',
      leastAllocated,
      { requests: { cpu: '1', memory: '2Gi' } },
      [pod('x', { nodeName: 'a', ...half })],
      [37, 75, 81],
    ],
    ['takes it that a pod does something', leastAllocated, {}, [pod('x', { nodeName: 'a' })], [95, 97, 97]],
    ['finds nothing good of a full Node', leastAllocated, { requests: { cpu: '9', memory: '9Gi' } }, [], [0, 0, 0]],
    ['prefers what is balanced', balancedAllocation, { requests: { cpu: '2', memory: '1Gi' } }, [], [81, 81, 93]],
    ['leaves pods alone that ask for nothing', balancedAllocation, {}, [], undefined],
    ['avoids taints that only ask', fewTaints, {}, [], [100, 100, 0]],
    ['ignores taints that are tolerated', fewTaints, { tolerations: [{ operator: 'Exists' }] }, [], [100, 100, 100]],
    [
      'prefers the Nodes that the pod does',
      preferredNodes,
      nodes([10, 'zone', 'one'], [30, 'disk', 'ssd']),
      [],
      [33, 33, 100],
    ],
    ['has no preference of its own', preferredNodes, {}, [], undefined],
    ['prefers images that are there', imageLocality, { container: { image: 'big:1' } }, [], [32, 0, 0]],
    ['finds small images soon pulled', imageLocality, { container: { image: 'some' } }, [], [15, 15, 0]],
    ['brings pods together that like each other', likedPods, near(10), [web('x', 'a')], [100, 100, 0]],
    ['keeps pods apart that do not', likedPods, near(10, 'podAntiAffinity'), [web('x', 'a')], [0, 0, 100]],
    [
      'listens to those that are there',
      likedPods,
      { labels: { app: 'web' } },
      [pod('x', { nodeName: 'c', ...near(5) })],
      [0, 0, 100],
    ],
    ['weighs likes and dislikes', likedPods, near(10), [web('x', 'a'), web('y', 'c'), web('z', 'c')], [0, 0, 100]],
    ['finds nobody to like', likedPods, near(10), [], undefined],
    [
      'spreads over hosts',
      spreadEvenly,
      spread('kubernetes.io/hostname'),
      [web('x', 'a'), web('y', 'a'), web('z', 'b')],
      [0, 33, 100],
    ],
    ['spreads over zones', spreadEvenly, spread('zone'), [web('x', 'a'), web('y', 'b'), web('z', 'c')], [33, 33, 100]],
    ['finds all equal that are empty', spreadEvenly, spread('zone'), [], [100, 100, 100]],
    ['puts Nodes last that are in no domain', spreadEvenly, spread('disk'), [], [0, 0, 100]],
    [
      'spreads pods of a Service that say nothing',
      spreadEvenly,
      { labels: { app: 'web' } },
      [web('x', 'a'), web('y', 'b')],
      [60, 60, 100],
    ],
    [
      'leaves pods alone that belong to nothing',
      spreadEvenly,
      { labels: { app: 'other' } },
      [web('x', 'a')],
      undefined,
    ],
  ])('%s', (_title, score, facts, pods, expected) => {
    const knowledge = testKnowledge(NODES, pods, {
      servicesOf: ({ metadata }) => (metadata.labels?.app === 'web' ? [service] : []),
    })

    expect(score(podInfo(pod('p', facts)), knowledge.nodes(), knowledge)).toEqual(expected)
  })

  it('spreads pods of one controller that say nothing', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r' }
    const set = { metadata: { name: 'r' }, spec: { selector: { matchLabels: { app: 'web' } } } } as never
    const knowledge = testKnowledge(NODES, [web('x', 'a')], {
      owner: (kind, _namespace, name) => (kind === 'ReplicaSet' && name === 'r' ? set : undefined),
    })
    const [a = 0, b = 0, c = 0] = spreadEvenly(podInfo(pod('p', { owner })), knowledge.nodes(), knowledge) ?? []

    expect([a < b, b < c, c]).toEqual([true, true, 100])
  })
})

describe('the choice', () => {
  it('adds up all scores with their weights', () => {
    const knowledge = testKnowledge(NODES)

    expect(totals(podInfo(pod('p', nodes([1, 'disk', 'ssd']))), knowledge.nodes(), knowledge)).toEqual([397, 397, 297])
  })

  it('lets equals have their turns', () => {
    const knowledge = testKnowledge(['a', 'b', 'c'].map((name) => node(name)))
    const choose = chooser(knowledge)
    const turns = Array.from({ length: 4 }, () => choose(podInfo(pod('p')), knowledge.nodes())?.name)

    expect(turns).toEqual(['a', 'b', 'c', 'a'])
  })
})

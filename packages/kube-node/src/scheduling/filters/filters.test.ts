import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../../model/node.ts'
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from '../../model/pod.ts'
import { testNodeObject as node, type PodFacts, testPod as pod, testKnowledge } from '../../testing/scheduling.ts'
import { podInfo } from '../cluster/pod-info.ts'
import { misfitOf, rulesFor, Trial } from './filters.ts'

const NO_CLAIMS = { bound: [], waiting: [] }

/** What each Node has against a pod; `!` in front: whatever other pods do. */
function objections(facts: PodFacts, nodes: NodeObject[], pods: Pod[] = []): string[] {
  const knowledge = testKnowledge(nodes, pods, { namespaceLabels: (name) => ({ team: name.slice(0, 1) }) })
  const rules = rulesFor(podInfo(pod('p', facts)), NO_CLAIMS, knowledge)
  return knowledge.nodes().map((one) => {
    const misfit = misfitOf(rules, one)
    return misfit ? `${misfit.isOthers ? '' : '!'}${misfit.reasons.join(', ')}` : ''
  })
}

const cordoned = { unschedulable: true, taints: [{ key: 'a', effect: 'NoSchedule' as const }] }

describe('taints', () => {
  it.each<[string, PodFacts, Parameters<typeof node>[1], string]>([
    [
      'of effect NoSchedule',
      {},
      { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
      '!node(s) had untolerated taint(s)',
    ],
    ['of effect NoExecute', {}, { taints: [{ key: 'a', effect: 'NoExecute' }] }, '!node(s) had untolerated taint(s)'],
    ['that only ask', {}, { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] }, ''],
    [
      'that are tolerated',
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
      '',
    ],
    [
      'with another value',
      { tolerations: [{ key: 'a', value: 'c' }] },
      { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
      '!node(s) had untolerated taint(s)',
    ],
    ['after a cordon', {}, cordoned, '!node(s) were unschedulable'],
    [
      'beside a cordon that is tolerated',
      { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
      cordoned,
      '!node(s) had untolerated taint(s)',
    ],
  ])('%s', (_title, facts, of, expected) => {
    expect(objections(facts, [node('n', of)])).toEqual([expected])
  })
})

describe('selectors of nodes', () => {
  const MISMATCH = "!node(s) didn't match Pod's node affinity/selector"
  const terms = (...nodeSelectorTerms: object[]): PodFacts =>
    ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    }) as PodFacts
  const where = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  })

  it.each<[string, PodFacts, string[]]>([
    ['by label', { nodeSelector: { zone: 'a' } }, ['', MISMATCH]],
    ['by expression', terms(where('size', 'Gt', '3')), [MISMATCH, '']],
    ['by any of several terms', terms(where('zone', 'In', 'x'), where('zone', 'NotIn', 'a')), [MISMATCH, '']],
    ['by name', terms({ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['one'] }] }), [MISMATCH, '']],
    ['by nothing', terms({}), [MISMATCH, MISMATCH]],
    ['by both', { nodeSelector: { zone: 'a' }, ...terms(where('size', 'Exists')) }, ['', MISMATCH]],
  ])('%s', (_title, facts, expected) => {
    const nodes = [node('one', { labels: { zone: 'a', size: '3' } }), node('two', { labels: { size: '4' } })]

    expect(objections(facts, nodes)).toEqual(expected)
  })
})

describe('ports of the machine', () => {
  const port = (hostPort: number, more: object = {}): PodFacts => ({
    container: { ports: [{ containerPort: 80, hostPort, ...more }] },
  })
  const TAKEN = "node(s) didn't have free ports for the requested pod ports"

  it.each<[string, PodFacts, string]>([
    ['that are taken', port(80), TAKEN],
    ['that are taken at one address', port(80, { hostIP: '1.1.1.1' }), TAKEN],
    ['of another protocol', port(80, { protocol: 'UDP' }), ''],
    ['that are free', port(81), ''],
  ])('%s', (_title, facts, expected) => {
    expect(objections(facts, [node('n')], [pod('x', { nodeName: 'n', ...port(80) })])).toEqual([expected])
  })
})

describe('resources', () => {
  const half = { nodeName: 'n', requests: { cpu: '2', memory: '1Gi' } }
  const sidecar = { name: 's', image: 'i', restartPolicy: 'Always' as const, resources: { requests: { cpu: '1' } } }

  it.each<[string, PodFacts, string]>([
    ['that there are', { requests: { cpu: '2' } }, ''],
    ['that others have', { requests: { cpu: '2001m', memory: '8Gi' } }, 'Insufficient cpu, Insufficient memory'],
    ['that the Node has not', { requests: { cpu: '4001m' } }, '!Insufficient cpu'],
    ['of a kind that the Node has not', { requests: { 'example.com/gpu': '1' } }, '!Insufficient example.com/gpu'],
    ['of which none is wanted', { requests: { 'example.com/gpu': '0' } }, ''],
    ['of sidecars too', { requests: { cpu: '1500m' }, initContainers: [sidecar] }, 'Insufficient cpu'],
    [
      'of the largest init container',
      { initContainers: [{ ...sidecar, restartPolicy: undefined, resources: { requests: { cpu: '3' } } } as never] },
      'Insufficient cpu',
    ],
    ['of the sandbox', { requests: { cpu: '1900m' }, overhead: { cpu: '200m' } }, 'Insufficient cpu'],
    ['of the pod as a whole', { requests: { cpu: '100m' }, resources: { requests: { cpu: '3' } } }, 'Insufficient cpu'],
  ])('%s', (_title, facts, expected) => {
    expect(objections(facts, [node('n')], [pod('x', half)])).toEqual([expected])
  })

  it('count places for pods, which pods that have ended take no longer', () => {
    const one = node('n', { allocatable: { pods: '1' } })

    expect(objections({}, [one], [pod('x', { nodeName: 'n' })])).toEqual(['Too many pods'])
    expect(objections({}, [one], [pod('x', { nodeName: 'n', status: { phase: 'Succeeded' } })])).toEqual([''])
    expect(objections({}, [node('n', { allocatable: {} })])).toEqual(['Too many pods'])
  })
})

const ZONES = [
  node('a1', { labels: { zone: 'a' } }),
  node('a2', { labels: { zone: 'a' } }),
  node('b1', { labels: { zone: 'b' } }),
  node('nowhere'),
]
const web = (name: string, nodeName: string, more: PodFacts = {}): Pod =>
  pod(name, { nodeName, labels: { app: 'web' }, ...more })
const ofWeb = { labelSelector: { matchLabels: { app: 'web' } } }

describe('constraints of topology', () => {
  const UNEVEN = "node(s) didn't match pod topology spread constraints"
  const NO_LABEL = `!${UNEVEN} (missing required label)`
  const spread = (more: Partial<TopologySpreadConstraint> = {}): PodFacts => ({
    labels: { app: 'web', version: '2' },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', ...ofWeb, ...more },
    ],
  })

  it.each<[string, PodFacts, Pod[], string[]]>([
    ['let a pod anywhere where all are empty', spread(), [], ['', '', '', NO_LABEL]],
    ['keep a pod from the fullest domain', spread(), [web('x', 'a1')], [UNEVEN, UNEVEN, '', NO_LABEL]],
    ['allow as much as they say', spread({ maxSkew: 2 }), [web('x', 'a1')], ['', '', '', NO_LABEL]],
    ['only wish', spread({ whenUnsatisfiable: 'ScheduleAnyway' }), [web('x', 'a1')], ['', '', '', '']],
    [
      'do not count who is leaving',
      spread(),
      [web('x', 'a1', { deletionTimestamp: '2026-01-01T00:00:00Z' })],
      ['', '', '', NO_LABEL],
    ],
    ['do not count other namespaces', spread(), [web('x', 'a1', { namespace: 'm' })], ['', '', '', NO_LABEL]],
    ['can be about fewer pods', spread({ matchLabelKeys: ['version'] }), [web('x', 'a1')], ['', '', '', NO_LABEL]],
    [
      'want so many domains',
      spread({ minDomains: 3 }),
      [web('x', 'a1'), web('y', 'b1')],
      [UNEVEN, UNEVEN, UNEVEN, NO_LABEL],
    ],
    [
      'leave Nodes out that the pod does not want',
      { ...spread(), nodeSelector: { zone: 'a' } },
      [web('x', 'a1')],
      [
        '',
        '',
        "!node(s) didn't match Pod's node affinity/selector",
        "!node(s) didn't match Pod's node affinity/selector",
      ],
    ],
    [
      'leave no Node out if they are told so',
      { ...spread({ nodeAffinityPolicy: 'Ignore' }), nodeSelector: { zone: 'a' } },
      [web('x', 'a1')],
      [
        UNEVEN,
        UNEVEN,
        "!node(s) didn't match Pod's node affinity/selector",
        "!node(s) didn't match Pod's node affinity/selector",
      ],
    ],
  ])('%s', (_title, facts, pods, expected) => {
    expect(objections(facts, ZONES, pods)).toEqual(expected)
  })

  it('count a Node with taints unless they are told otherwise', () => {
    const tainted = node('b', { labels: { zone: 'b' }, taints: [{ key: 't', effect: 'NoSchedule' }] })
    const nodes = [node('a', { labels: { zone: 'a' } }), tainted]
    const TAINT = '!node(s) had untolerated taint(s)'

    expect(objections(spread(), nodes, [web('x', 'a')])).toEqual([UNEVEN, TAINT])
    expect(objections(spread({ nodeTaintsPolicy: 'Honor' }), nodes, [web('x', 'a')])).toEqual(['', TAINT])
  })
})

describe('affinities of pods', () => {
  const affinity = (kind: 'podAffinity' | 'podAntiAffinity', more: Partial<PodAffinityTerm> = {}): PodFacts => ({
    affinity: {
      [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', ...ofWeb, ...more }] },
    },
  })
  const ALONE = "!node(s) didn't match pod affinity rules"
  const AVOIDED = "node(s) didn't match pod anti-affinity rules"
  const UNWANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
  const elsewhere = [web('x', 'a1', { namespace: 'm' })]

  it.each<[string, PodFacts, Pod[], string[]]>([
    ['bring a pod to the domain of others', affinity('podAffinity'), [web('x', 'a1')], ['', '', ALONE, ALONE]],
    ['find nobody', affinity('podAffinity'), [], [ALONE, ALONE, ALONE, ALONE]],
    [
      'let the first of a group go anywhere',
      { ...affinity('podAffinity'), labels: { app: 'web' } },
      [],
      ['', '', '', ALONE],
    ],
    ['keep a pod from the domain of others', affinity('podAntiAffinity'), [web('x', 'a1')], [AVOIDED, AVOIDED, '', '']],
    [
      'keep a pod from the host of others',
      affinity('podAntiAffinity', { topologyKey: 'kubernetes.io/hostname' }),
      [web('x', 'a1')],
      [AVOIDED, '', '', ''],
    ],
    [
      'of others keep a pod away',
      { labels: { app: 'web' } },
      [pod('x', { nodeName: 'a1', ...affinity('podAntiAffinity') })],
      [UNWANTED, UNWANTED, '', ''],
    ],
    ['mean the own namespace', affinity('podAntiAffinity'), elsewhere, ['', '', '', '']],
    [
      'mean namespaces by name',
      affinity('podAntiAffinity', { namespaces: ['m'] }),
      elsewhere,
      [AVOIDED, AVOIDED, '', ''],
    ],
    [
      'mean namespaces by label',
      affinity('podAntiAffinity', { namespaceSelector: { matchLabels: { team: 'm' } } }),
      elsewhere,
      [AVOIDED, AVOIDED, '', ''],
    ],
    [
      'mean all namespaces',
      affinity('podAntiAffinity', { namespaceSelector: {} }),
      elsewhere,
      [AVOIDED, AVOIDED, '', ''],
    ],
    [
      'mean other namespaces than these',
      affinity('podAntiAffinity', { namespaceSelector: { matchLabels: { team: 'n' } } }),
      elsewhere,
      ['', '', '', ''],
    ],
    [
      'of others mean namespaces by label',
      { labels: { app: 'web' } },
      [
        pod('x', {
          namespace: 'm',
          nodeName: 'b1',
          ...affinity('podAntiAffinity', { namespaceSelector: { matchLabels: { team: 'n' } } }),
        }),
      ],
      ['', '', UNWANTED, ''],
    ],
  ])('%s', (_title, facts, pods, expected) => {
    expect(objections(facts, ZONES, pods)).toEqual(expected)
  })
})

describe('a trial', () => {
  it('takes pods away and brings them back, and nobody else sees it', () => {
    const wanted = podInfo(
      pod('p', {
        ...{ labels: { app: 'web' }, requests: { cpu: '3' } },
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', ...ofWeb }],
        affinity: {
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', ...ofWeb }] },
        },
      }),
    )
    const there = podInfo(web('x', 'a1', { requests: { cpu: '2' } }))
    const knowledge = testKnowledge(ZONES, [there.pod])
    const rules = rulesFor(wanted, NO_CLAIMS, knowledge)
    const before = knowledge.nodes().map((one) => misfitOf(rules, one))
    const trial = new Trial(rules, knowledge.cluster.node('a1')!)

    trial.remove(there)
    expect(trial.misfit()).toBeUndefined()
    trial.add(there)
    expect(trial.misfit()?.reasons).toEqual(['Insufficient cpu'])
    trial.remove(there)
    trial.add(podInfo(web('y', 'a1')))
    expect(trial.misfit()?.reasons).toEqual(["node(s) didn't match pod topology spread constraints"])
    expect(knowledge.nodes().map((one) => misfitOf(rules, one))).toEqual(before)
  })
})

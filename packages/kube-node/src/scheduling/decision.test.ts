import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { testNodeObject as node, type PodFacts, testPod as pod, testKnowledge } from '../testing/scheduling.ts'
import { podInfo } from './cluster/pod-info.ts'
import { decide } from './decision.ts'

const dedicated = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' as const }

function outcome(wanted: Pod, nodes: NodeObject[], pods: Pod[] = []): string {
  const decision = decide(podInfo(wanted), testKnowledge(nodes, pods))
  if (decision.kind === 'node') return decision.node.name
  const { message, nominated } = decision
  return typeof nominated === 'object' ? `${message} -> ${nominated.node.name}` : message
}

const NO_HELP =
  'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'

describe('a decision', () => {
  it.each<[string, PodFacts, NodeObject[], string]>([
    ['without any Node', {}, [], 'no nodes available to schedule pods'],
    [
      'for the one Node that fits',
      { nodeSelector: { disk: 'ssd' } },
      [node('a'), node('b', { labels: { disk: 'ssd' } })],
      'b',
    ],
    [
      'for none counts each reason',
      { requests: { cpu: '5' } },
      [node('a', { taints: [dedicated] }), node('b'), node('c')],
      `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. ${NO_HELP}`,
    ],
    [
      'for none has every resource that a Node lacks',
      { requests: { cpu: '5', memory: '9Gi' } },
      [node('a', { unschedulable: true }), node('b'), node('c', { allocatable: { cpu: '8', memory: '1Gi' } })],
      '0/3 nodes are available: 1 Insufficient cpu, 1 Too many pods, 1 node(s) were unschedulable, 2 Insufficient memory. ' +
        NO_HELP,
    ],
    [
      'about a pod that names a Node leaves the others out',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }],
            },
          },
        },
      },
      [node('a', { taints: [dedicated] }), node('b'), node('c')],
      "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. " +
        NO_HELP,
    ],
    [
      'about a pod that names Nodes which exclude each other',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchFields: ['a', 'b'].map((name) => ({
                    key: 'metadata.name',
                    operator: 'In' as const,
                    values: [name],
                  })),
                },
              ],
            },
          },
        },
      },
      [node('a'), node('b'), node('c')],
      '0/3 nodes are available: pod affinity terms conflict. not found',
    ],
    [
      'that waits for a claim blames no Node',
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      [node('a'), node('b'), node('c')],
      '0/3 nodes are available: persistentvolumeclaim "c" not found. not found',
    ],
    [
      "for a pod that may take nobody's place",
      { requests: { cpu: '5' }, preemptionPolicy: 'Never' },
      [node('a')],
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    ],
  ])('%s', (_title, facts, nodes, expected) => {
    expect(outcome(pod('p', facts), nodes)).toBe(expected)
  })

  it('has others make room where that is the least loss', () => {
    const full = { requests: { cpu: '4' } }
    const others = [
      pod('x', { ...full, nodeName: 'a', priority: 5 }),
      pod('y', { ...full, nodeName: 'b', priority: 1 }),
      pod('z', { ...full, nodeName: 'c', priority: 10 }),
    ]
    const nodes = ['a', 'b', 'c'].map((name) => node(name))

    expect(outcome(pod('p', { ...full, priority: 10 }), nodes, others)).toBe(
      '0/3 nodes are available: 3 Insufficient cpu. -> b',
    )
    expect(outcome(pod('p', { ...full, priority: 1 }), nodes, others)).toBe(
      '0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    )
  })

  it('keeps the room that is being made for another', () => {
    const full = { requests: { cpu: '4' } }
    const first = pod('first', { ...full, priority: 5, status: { nominatedNodeName: 'a' } })

    expect(outcome(pod('p', { ...full, priority: 5 }), [node('a')], [first])).toMatch(
      /^0\/1 nodes are available: 1 Insuff/,
    )
    expect(outcome(pod('p', { ...full, priority: 6 }), [node('a')], [first])).toBe('a')
    expect(outcome(first, [node('b'), node('a')], [first])).toBe('a')
  })

  it('is put off while those that make room are on their way', () => {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True' as const,
      reason: 'PreemptionByScheduler',
      lastTransitionTime: null,
      lastProbeTime: null,
    }
    const leaving = pod('x', {
      requests: { cpu: '4' },
      nodeName: 'a',
      deletionTimestamp: '2026-01-01T00:00:00Z',
      status: { conditions: [condition] },
    })
    const wanted = pod('p', { requests: { cpu: '4' }, priority: 1, status: { nominatedNodeName: 'a' } })

    expect(outcome(wanted, [node('a')], [leaving])).toMatch(
      /preemption: not eligible due to a terminating pod on the nominated node\.$/,
    )
  })
})

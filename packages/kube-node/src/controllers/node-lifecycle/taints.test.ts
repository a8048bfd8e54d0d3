import { describe, expect, it } from 'vitest'
import type { NodeObject, Taint } from '../../model/node.ts'
import { taintsFor } from './taints.ts'

const now = '2026-01-01T00:00:00Z'
const SOLE = { isLost: false, now }
const LOST = { isLost: true, now }
const notReady: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

function node(conditions: Record<string, string>, spec: NodeObject['spec'] = {}): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'one' },
    spec,
    status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
  }
}

describe('the taints of a Node', () => {
  it.each([
    [{ Ready: 'False' }, 'not-ready'],
    [{ Ready: 'Unknown' }, 'unreachable'],
    [{ Ready: 'True', MemoryPressure: 'True' }, 'memory-pressure'],
    [{ Ready: 'True', DiskPressure: 'True' }, 'disk-pressure'],
    [{ Ready: 'True', PIDPressure: 'True' }, 'pid-pressure'],
    [{ Ready: 'True', NetworkUnavailable: 'True' }, 'network-unavailable'],
  ])('with the conditions %j are %s', (conditions, name) => {
    expect(taintsFor(node(conditions as Record<string, string>), SOLE)).toEqual([
      { key: `node.kubernetes.io/${name}`, effect: 'NoSchedule', timeAdded: now },
    ])
  })

  it('tell that it is cordoned, and no longer', () => {
    const cordoned = taintsFor(node({ Ready: 'True' }, { unschedulable: true }), SOLE)
    expect(cordoned?.map(({ key }) => key)).toEqual(['node.kubernetes.io/unschedulable'])
    expect(taintsFor(node({ Ready: 'True' }, { taints: cordoned ?? [] }), SOLE)).toEqual([])
  })

  it('lose the one that it was created with once it is Ready', () => {
    expect(taintsFor(node({ Ready: 'True' }, { taints: [notReady] }), SOLE)).toEqual([])
  })

  it('are left alone where they say so already', () => {
    expect(taintsFor(node({ Ready: 'False' }, { taints: [notReady] }), SOLE)).toBeUndefined()
    expect(taintsFor(node({ Ready: 'True' }), SOLE)).toBeUndefined()
  })

  it('of others stay', () => {
    const others: Taint[] = [
      { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
      { ...notReady, effect: 'PreferNoSchedule' },
    ]
    expect(taintsFor(node({ Ready: 'True' }, { taints: [...others, notReady] }), SOLE)).toEqual(others)
  })

  it('send its pods away while others are Ready, and no longer', () => {
    const taints = taintsFor(node({ Ready: 'Unknown' }), LOST) ?? []
    expect(taints).toEqual([
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: now },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: now },
    ])
    expect(taintsFor(node({ Ready: 'Unknown' }, { taints }), LOST)).toBeUndefined()
    expect(taintsFor(node({ Ready: 'Unknown' }, { taints }), SOLE)).toEqual(taints.slice(0, 1))
    expect(taintsFor(node({ Ready: 'True' }, { taints }), SOLE)).toEqual([])
    expect(taintsFor(node({ Ready: 'False' }, { taints }), LOST)?.map(({ key }) => key)).toEqual([
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/not-ready',
    ])
  })

  it('that send pods away stay where nothing is known of it', () => {
    expect(taintsFor(node({}, { taints: [{ ...notReady, effect: 'NoExecute' }] }), SOLE)).toBeUndefined()
  })
})

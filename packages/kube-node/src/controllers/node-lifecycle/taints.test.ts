import { describe, expect, it } from 'vitest'
import type { NodeObject, Taint } from '../../model/node.ts'
import { taintsFor } from './taints.ts'

const now = '2026-01-01T00:00:00Z'
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
    expect(taintsFor(node(conditions as Record<string, string>), now)).toEqual([
      { key: `node.kubernetes.io/${name}`, effect: 'NoSchedule', timeAdded: now },
    ])
  })

  it('tell that it is cordoned, and no longer', () => {
    const cordoned = taintsFor(node({ Ready: 'True' }, { unschedulable: true }), now)
    expect(cordoned?.map(({ key }) => key)).toEqual(['node.kubernetes.io/unschedulable'])
    expect(taintsFor(node({ Ready: 'True' }, { taints: cordoned ?? [] }), now)).toEqual([])
  })

  it('lose the one that it was created with once it is Ready', () => {
    expect(taintsFor(node({ Ready: 'True' }, { taints: [notReady] }), now)).toEqual([])
  })

  it('are left alone where they say so already', () => {
    expect(taintsFor(node({ Ready: 'False' }, { taints: [notReady] }), now)).toBeUndefined()
    expect(taintsFor(node({ Ready: 'True' }), now)).toBeUndefined()
  })

  it('of others stay, also the same key with another effect', () => {
    const others: Taint[] = [
      { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
      { ...notReady, effect: 'NoExecute' },
    ]
    expect(taintsFor(node({ Ready: 'True' }, { taints: [...others, notReady] }), now)).toEqual(others)
  })
})

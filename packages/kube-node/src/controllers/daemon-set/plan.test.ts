import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { type DaemonSet, REVISION_LABEL } from './daemon-set.ts'
import { FailureBackOff } from './failure-back-off.ts'
import { planDaemonSet } from './plan.ts'

const node: NodeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'here' } }
const set = (maxSurge = 0): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'd', namespace: 'n' },
  spec: {
    selector: {},
    template: { spec: { containers: [] } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge } },
  },
})

type Phase = 'Running' | 'Failed' | 'Succeeded'

function pod(name: string, { revision = 'new', phase = 'Running' as Phase, ready = true } = {}): Pod {
  const condition = { type: 'Ready', lastTransitionTime: null, lastProbeTime: null }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { [REVISION_LABEL]: revision } },
    spec: { containers: [] },
    status: { phase, conditions: [{ ...condition, status: ready ? 'True' : 'False' }] },
  }
}

const old = { revision: 'old' }

describe('planDaemonSet', () => {
  it.each([
    ['makes the first', set(), [], false, true, []],
    ['leaves one that is there', set(), [pod('a')], false, false, []],
    ['takes one of an older template away, and waits', set(), [pod('a', old)], false, false, ['a']],
    ['takes one away that has failed', set(), [pod('a', { phase: 'Failed' })], false, false, ['a']],
    ['keeps one that fails again and again for a while', set(), [pod('a', { phase: 'Failed' })], true, false, []],
    [
      'takes one away that has ended well, whatever failed',
      set(),
      [pod('a', { phase: 'Succeeded' })],
      true,
      false,
      ['a'],
    ],
    ['surges', set(1), [pod('a', old)], false, true, []],
    [
      'keeps the old one until the new one serves',
      set(1),
      [pod('a', old), pod('b', { ready: false })],
      false,
      false,
      [],
    ],
    ['takes the old one away then', set(1), [pod('a', old), pod('b')], false, false, ['a']],
    [
      'takes an old one away that does not serve itself',
      set(1),
      [pod('a', { ...old, ready: false }), pod('b', { ready: false })],
      false,
      false,
      ['a'],
    ],
  ] as [
    string,
    DaemonSet,
    Pod[],
    boolean,
    boolean,
    string[],
  ][])('%s', (_name, input, pods, holdsFailed, create, remove) => {
    const plan = planDaemonSet(input, pods, { node, revision: 'new', now: 0, holdsFailed })

    expect({ create: plan.create, remove: plan.remove.map(({ metadata }) => metadata.name) }).toEqual({
      create,
      remove,
    })
  })
})

describe('FailureBackOff', () => {
  it('lets the first go at once, and each later one wait twice as long, up to a quarter of an hour', () => {
    const backOff = new FailureBackOff()
    const waits = [backOff.wait('d', 0)]
    for (let turn = 0; turn < 12; turn++) {
      backOff.replaced('d', 0)
      waits.push(backOff.wait('d', 0))
    }

    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900].map((seconds) => seconds * 1000))
  })

  it('forgets what is long ago', () => {
    const backOff = new FailureBackOff()
    backOff.replaced('d', 0)
    backOff.replaced('d', 0)

    expect(backOff.wait('d', 500)).toBe(1_500)
    expect(backOff.wait('d', 31 * 60_000)).toBe(0)
    backOff.replaced('d', 31 * 60_000)
    expect(backOff.wait('d', 31 * 60_000)).toBe(1_000)
  })
})

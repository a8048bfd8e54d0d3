import type { ReconcileContext } from '@slipway/controller-runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PODS } from '../../model/kinds.ts'
import type { NodeObject, Taint } from '../../model/node.ts'
import type { Pod, Toleration } from '../../model/pod.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { taintEvictionReconciler } from './reconciler.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') }))
afterEach(() => void vi.useRealTimers())

const REF = { ...PODS, name: 'p', namespace: 'n' }
const bad: Taint = { key: 'bad', effect: 'NoExecute' }
const worse: Taint = { key: 'worse', value: 'yes', effect: 'NoExecute' }
const bears = (key: string, tolerationSeconds?: number): Toleration => ({
  ...{ key, operator: 'Exists', effect: 'NoExecute' },
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
})

/** A pod on a Node, and what looks at it with these taints on the Node. */
async function world(tolerations: Toleration[]) {
  const cluster = new FakeCluster()
  const spec = { nodeName: 'one', containers: [], tolerations, terminationGracePeriodSeconds: 30 }
  await cluster.create({ ...PODS, metadata: { name: 'p', namespace: 'n' }, spec })
  const node: NodeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' }, spec: {} }
  const told: string[] = []
  const context = {
    event: (_type: string, reason: string, message: string) => told.push(`${reason}: ${message}`),
  } as unknown as ReconcileContext<Pod>
  const reconciler = taintEvictionReconciler({
    client: cluster.client(),
    node: (name) => (name === 'one' ? node : undefined),
  })
  const look = async (taints: Taint[]) => {
    node.spec = { taints }
    const { recheckAfter } = await reconciler.reconcile((await cluster.get(REF)) as Pod, context)
    const pod = (await cluster.get(REF)) as Pod
    return { isGoing: pod.metadata.deletionTimestamp !== undefined, ...(recheckAfter && { recheckAfter }) }
  }
  return { cluster, told, look }
}

describe('a pod on a Node with NoExecute taints', () => {
  it('goes at once where it does not tolerate one of them, and says why', async () => {
    const { cluster, told, look } = await world([bears('bad')])

    expect(await look([bad, worse])).toEqual({ isGoing: true })

    expect((await cluster.get(REF))?.status.conditions).toEqual([
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        observedGeneration: 1,
      },
    ])
    expect(told).toEqual(['TaintManagerEviction: Marking for deletion Pod n/p'])
    await look([bad, worse])
    expect(told).toHaveLength(1)
  })

  it('goes when the shortest time is over for which it tolerates them', async () => {
    const { told, look } = await world([bears('bad', 300), bears('worse', 60)])

    expect(await look([bad, worse])).toEqual({ isGoing: false, recheckAfter: 60_000 })
    vi.setSystemTime(Date.now() + 59_000)
    expect(await look([bad, worse])).toEqual({ isGoing: false, recheckAfter: 1_000 })
    expect(told).toEqual([])
    vi.setSystemTime(Date.now() + 1_000)
    expect(await look([bad, worse])).toEqual({ isGoing: true })
  })

  it('stays when they go before its time is over, and has all of it the next time', async () => {
    const { told, look } = await world([bears('bad', 60)])
    await look([bad])
    vi.setSystemTime(Date.now() + 50_000)

    expect(await look([])).toEqual({ isGoing: false })

    expect(told).toEqual(['TaintManagerEviction: Cancelling deletion of Pod n/p'])
    expect(await look([bad])).toEqual({ isGoing: false, recheckAfter: 60_000 })
  })

  it.each<[string, Toleration[], Taint]>([
    ['it tolerates them for ever', [bears('bad')], bad],
    ['the first toleration of one has no end', [{ operator: 'Exists' }, bears('bad', 1)], bad],
    ['they only keep new ones away', [], { key: 'bad', effect: 'NoSchedule' }],
  ])('stays where %s', async (_why, tolerations, taint) => {
    const { told, look } = await world(tolerations)

    expect(await look([taint])).toEqual({ isGoing: false })
    expect(told).toEqual([])
  })
})

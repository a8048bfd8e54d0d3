import type { ReconcileContext } from '@slipway/controller-runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NODES, PODS } from '../../model/kinds.ts'
import type { Lease, NodeCondition, NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import { FakeCluster } from '../../testing/fake-cluster.ts'
import { nodeHealthReconciler } from './health.ts'
import { SignsOfLife } from './signs-of-life.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SECOND = 1000
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }))
afterEach(() => void vi.useRealTimers())

const READY = { type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:00Z' }

/** A Node of another machine with a pod that is ready, and what looks after it. */
async function world(conditions: NodeCondition[], own = 'this') {
  const cluster = new FakeCluster()
  const node = { ...NODES, name: 'far' }
  const pod = { ...PODS, name: 'p', namespace: 'n' }
  await cluster.create({ ...NODES, metadata: { name: 'far' }, status: { conditions } })
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: null, lastProbeTime: null }
  await cluster.create({
    ...{ ...PODS, metadata: { name: 'p', namespace: 'n' }, spec: { nodeName: 'far', containers: [] } },
    status: { conditions: [ready] },
  })
  let lease: Lease | undefined
  const told: string[] = []
  const client = cluster.client()
  const context = {
    event: (_type: string, reason: string, message: string) => told.push(`${reason}: ${message}`),
    patchStatus: (status: object) => client.patch(node, 'strategic', { status }),
  } as unknown as ReconcileContext<NodeObject>
  const onNode = async () => [(await cluster.get(pod)) as Pod]
  let pods = await onNode()
  const reconciler = nodeHealthReconciler({
    ...{ client, own, signs: new SignsOfLife() },
    leaseOf: () => lease,
    podsOn: () => pods,
  })
  return {
    cluster,
    told,
    renew: (renewTime: string) => {
      lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'far' }, spec: { renewTime } }
    },
    async look() {
      pods = await onNode()
      const { recheckAfter } = await reconciler.reconcile((await cluster.get(node)) as NodeObject, context)
      const said = ((await cluster.get(node)) as NodeObject).status?.conditions ?? []
      const isPodReady = (await onNode())[0]?.status?.conditions?.some(({ status }) => status === 'True')
      return { said: said.map(({ type, status }) => `${type}=${status}`), isPodReady, recheckAfter }
    },
  }
}

const UNKNOWN = ['Ready=Unknown', 'MemoryPressure=Unknown', 'DiskPressure=Unknown', 'PIDPressure=Unknown']

describe('a Node', () => {
  it('of which nothing was heard for 50 seconds is in an unknown state, and its pods are not ready', async () => {
    const { look, told, cluster } = await world([READY])

    expect(await look()).toEqual({ said: ['Ready=True'], isPodReady: true, recheckAfter: 50 * SECOND })
    vi.setSystemTime(START + 50 * SECOND)
    expect(await look()).toEqual({ said: UNKNOWN, isPodReady: false })

    expect(told).toEqual(['NodeNotReady: Node far status is now: NodeNotReady', 'NodeNotReady: Node is not ready'])
    expect((await cluster.get({ ...NODES, name: 'far' }))?.status.conditions[0]).toEqual({
      ...READY,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: '2026-01-01T00:00:50Z',
    })
    await look()
    expect(told).toHaveLength(2)
  })

  it('is heard of by its Lease, whatever time that says, and by its heartbeat', async () => {
    const { look, renew, cluster } = await world([READY])
    await look()

    vi.setSystemTime(START + 40 * SECOND)
    renew('1999-01-01T00:00:00Z')
    expect((await look()).recheckAfter).toBe(50 * SECOND)
    vi.setSystemTime(START + 80 * SECOND)
    const later = { ...READY, lastHeartbeatTime: '2026-01-01T00:01:00Z' }
    await cluster.patch({ ...NODES, name: 'far' }, 'strategic', { status: { conditions: [later] } })
    expect(await look()).toEqual({ said: ['Ready=True'], isPodReady: true, recheckAfter: 50 * SECOND })
  })

  it('that has never said anything has a minute since it was made', async () => {
    const { look } = await world([])

    expect((await look()).recheckAfter).toBe(60 * SECOND)
    vi.setSystemTime(START + 60 * SECOND)
    expect((await look()).said).toEqual(UNKNOWN)
  })

  it('that says that it is not ready has no pod that is', async () => {
    const { look, told } = await world([{ ...READY, status: 'False' }])

    expect(await look()).toMatchObject({ said: ['Ready=False'], isPodReady: false })
    expect(told).toEqual(['NodeNotReady: Node is not ready'])
  })

  it('of this process is never silent', async () => {
    const { look } = await world([READY], 'far')
    await look()

    vi.setSystemTime(START + 600 * SECOND)
    expect(await look()).toEqual({ said: ['Ready=True'], isPodReady: true })
  })
})

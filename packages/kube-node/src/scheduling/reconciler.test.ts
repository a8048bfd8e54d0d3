import type { ReconcileContext } from '@slipway/controller-runtime'
import type { Informer } from '@slipway/kube-client'
import { describe, expect, it } from 'vitest'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { FakeCluster } from '../testing/index.ts'
import { Occupancy } from './occupancy.ts'
import { schedulerReconciler } from './reconciler.ts'

const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', uid: name },
  spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] },
})

describe('the scheduler', () => {
  it('leaves a pod alone whose binding the watch has not brought yet', async () => {
    const cluster = new FakeCluster()
    const waiting = pod('first')
    await cluster.create(waiting)
    const events: string[] = []
    const context = {
      event: (_type: string, reason: string) => events.push(reason),
    } as unknown as ReconcileContext<Pod>
    const informer = { list: () => [waiting] } as unknown as Informer<Pod>
    const reconciler = schedulerReconciler({
      client: cluster.client(),
      nodeName: 'node',
      node: () =>
        ({
          metadata: { name: 'node' },
          status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10' } },
        }) as unknown as NodeObject,
      occupancy: new Occupancy(informer, 'node'),
      namespaceLabels: () => ({}),
      storage: { claim: () => undefined, volumes: () => [], storageClass: () => undefined },
      budgets: () => [],
    })

    await reconciler.reconcile(waiting, context)
    await reconciler.reconcile(waiting, context)

    expect(events).toEqual(['Scheduled'])
  })
})

import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { compareResizes, type PendingResize } from './resize-order.ts'

interface Waiting {
  name: string
  asks: string
  priority?: number
  qosClass?: string
  since?: number
}

const podOf = (cpu: string, { name, priority, qosClass = 'Burstable' }: Waiting): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }],
    ...(priority !== undefined && { priority }),
  },
  status: { phase: 'Running', qosClass },
})
const waiting = (one: Waiting): PendingResize => ({
  pod: podOf(one.asks, one),
  granted: podOf('1', one),
  since: one.since ?? 0,
})

it('grants what needs no room first, then by priority, class of service and waiting time', () => {
  const pods = [
    { name: 'late', asks: '2', since: 5 },
    { name: 'early', asks: '2', since: 1 },
    { name: 'guaranteed', asks: '2', since: 9, qosClass: 'Guaranteed' },
    { name: 'important', asks: '2', since: 9, priority: 1000 },
    { name: 'smaller', asks: '500m', since: 9, priority: -1 },
  ]

  const order = pods.map(waiting).toSorted(compareResizes)

  expect(order.map(({ pod }) => pod.metadata.name)).toEqual(['smaller', 'important', 'guaranteed', 'early', 'late'])
})

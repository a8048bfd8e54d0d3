import { describe, expect, it } from 'vitest'
import type { Container, Pod, PodSpec } from '../../model/pod.ts'
import { oomScoreAdj } from './oom-score.ts'

const CAPACITY = 8_000_000_000

const container = (name: string, memory?: string, extra: Partial<Container> = {}): Container => ({
  name,
  image: 'i',
  ...(memory && { resources: { requests: { memory } } }),
  ...extra,
})
const podOf = (qosClass: string, containers: Container[], extra: Partial<PodSpec> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers, ...extra },
  status: { phase: 'Pending', qosClass },
})
const sidecar = (memory?: string): Container => container('side', memory, { restartPolicy: 'Always' })
const init = (memory?: string): Container => container('init', memory)

/** As qos/policy_test.go of the kubelet has it: requests of 1 to 100 % of the machine. */
describe('the score of a container when memory is short', () => {
  it.each<[string, number, Pod, string]>([
    ['is that of its class: Guaranteed', -997, podOf('Guaranteed', [container('c', '4G')]), 'c'],
    ['is that of its class: BestEffort', 1000, podOf('BestEffort', [container('c')]), 'c'],
    ['falls with what it requests', 500, podOf('Burstable', [container('c', '4G')]), 'c'],
    ['rounds as Go does', 876, podOf('Burstable', [container('c', '999999999')]), 'c'],
    ['is better than that of BestEffort', 999, podOf('Burstable', [container('c'), container('d', '1G')]), 'c'],
    ['is worse than that of Guaranteed', 3, podOf('Burstable', [container('c', '8G')]), 'c'],
    [
      'follows an init container too',
      750,
      podOf('Burstable', [container('c')], { initContainers: [init('2G')] }),
      'init',
    ],
    [
      'spares a sidecar as the main container that asks for least',
      750,
      podOf('Burstable', [container('c', '2G'), container('d', '4G')], { initContainers: [sidecar('1G')] }),
      'side',
    ],
    [
      'leaves a sidecar what it asks for itself',
      500,
      podOf('Burstable', [container('c', '2G')], { initContainers: [sidecar('4G')] }),
      'side',
    ],
    [
      'shares out what only the pod requests',
      750,
      podOf('Burstable', [container('c', '1G'), container('d', '1G')], { resources: { requests: { memory: '4G' } } }),
      'c',
    ],
    [
      'spares what the node cannot do without',
      -997,
      podOf('BestEffort', [container('c')], { priority: 2_000_001_000, priorityClassName: 'system-node-critical' }),
      'c',
    ],
  ])('%s: %i', (_what, expected, pod, name) => {
    const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]

    expect(oomScoreAdj(pod, all.find((one) => one.name === name)!, CAPACITY)).toBe(expected)
  })
})

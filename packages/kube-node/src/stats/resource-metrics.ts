import type { Metric, MetricValue } from './exposition.ts'
import { type ContainerSample, type NodeSample, type PodSample, podTotal, workingSet } from './node-sample.ts'

/** What autoscalers and `kubectl top` live on (kubelet, metrics/collectors/resource_metrics.go). */
export function resourceMetrics({ at, machine, pods }: NodeSample): Metric[] {
  const containers = (value: (sample: ContainerSample) => MetricValue): MetricValue[] =>
    pods.flatMap(({ pod, containers: samples }) =>
      samples.map((sample) => ({ ...value(sample), labels: { container: sample.container.name, ...podLabels(pod) } })),
    )
  const ofPods = (value: (total: ReturnType<typeof podTotal>) => number): MetricValue[] =>
    pods.map((sample) => ({ labels: podLabels(sample.pod), value: value(podTotal(sample)), at }))
  const { swap, workingSetBytes } = machine.memory
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      type: 'counter',
      values: containers((sample) => ({ value: sample.usage.cpuNanoseconds / 1e9, at: sample.at })),
    },
    {
      name: 'container_memory_working_set_bytes',
      help: '[STABLE] Current working set of the container in bytes',
      type: 'gauge',
      values: containers((sample) => ({ value: workingSet(sample.usage), at: sample.at })),
    },
    {
      name: 'container_start_time_seconds',
      help: '[STABLE] Start time of the container since unix epoch in seconds',
      type: 'gauge',
      values: containers(({ container }) => ({ value: Date.parse(container.startedAt ?? '') / 1000 })),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      type: 'counter',
      values: [{ value: machine.cpuNanoseconds / 1e9, at }],
    },
    {
      name: 'node_memory_working_set_bytes',
      help: '[STABLE] Current working set of the node in bytes',
      type: 'gauge',
      values: [{ value: workingSetBytes, at }],
    },
    {
      name: 'node_swap_usage_bytes',
      help: '[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems',
      type: 'gauge',
      values: swap ? [{ value: swap.usageBytes, at }] : [],
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      type: 'counter',
      values: ofPods(({ cpuNanoseconds }) => cpuNanoseconds / 1e9),
    },
    {
      name: 'pod_memory_working_set_bytes',
      help: '[STABLE] Current working set of the pod in bytes',
      type: 'gauge',
      values: ofPods(({ workingSetBytes: bytes }) => bytes),
    },
    {
      name: 'resource_scrape_error',
      help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      values: [{ value: 0 }],
    },
  ]
}

const podLabels = ({ metadata }: PodSample['pod']): Record<string, string> => ({
  namespace: metadata.namespace ?? '',
  pod: metadata.name,
})

import type { PodAccess } from '../server/pod-access.ts'
import type { Metric } from './exposition.ts'

/** What the kubelet says of itself. */
export function kubeletMetrics(node: string, pods: PodAccess[]): Metric[] {
  const running = pods.filter(({ running: { containers } }) => containers.length > 0)
  const containers = running.reduce((sum, { running: { containers: own } }) => sum + own.length, 0)
  return [
    {
      name: 'kubelet_node_name',
      help: "[ALPHA] The node's name. The count is always 1.",
      type: 'gauge',
      values: [{ labels: { node }, value: 1 }],
    },
    {
      name: 'kubelet_running_pods',
      help: '[ALPHA] Number of pods that have a running pod sandbox',
      type: 'gauge',
      values: [{ value: running.length }],
    },
    {
      name: 'kubelet_running_containers',
      help: '[ALPHA] Number of containers currently running',
      type: 'gauge',
      values: [{ labels: { container_state: 'running' }, value: containers }],
    },
    ...processMetrics(),
  ]
}

/** This process, under the names that every Prometheus client has. */
export function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage()
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Total user and system CPU time spent in seconds.',
      type: 'counter',
      values: [{ value: (user + system) / 1e6 }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes.',
      type: 'gauge',
      values: [{ value: process.memoryUsage.rss() }],
    },
    {
      name: 'process_start_time_seconds',
      help: '[STABLE] Start time of the process since unix epoch in seconds.',
      type: 'gauge',
      values: [{ value: Date.now() / 1000 - process.uptime() }],
    },
  ]
}

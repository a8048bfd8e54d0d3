import { availableParallelism, totalmem } from 'node:os'
import { quantityValue } from '@slipway/kube-objects'
import type { Metric, MetricValue } from './exposition.ts'
import { type ContainerSample, type NodeSample, type PodSample, workingSet } from './node-sample.ts'

/** What dashboards of clusters are made of: a part of what cAdvisor counts, under its names. */
export function cadvisorMetrics(sample: NodeSample): Metric[] {
  const { at, machine, pods } = sample
  const root = (value: number): MetricValue => ({ labels: { id: '/' }, value, at })
  const containers = (value: (one: ContainerSample, pod: PodSample['pod']) => number | undefined): MetricValue[] =>
    pods.flatMap(({ pod, containers: samples }) =>
      samples.flatMap((one) => {
        const number = value(one, pod)
        return number === undefined ? [] : [{ labels: containerLabels(one, pod), value: number, at: one.at }]
      }),
    )
  const counter = (name: string, help: string, values: MetricValue[]): Metric => ({
    name,
    help,
    type: 'counter',
    values,
  })
  const gauge = (name: string, help: string, values: MetricValue[]): Metric => ({ name, help, type: 'gauge', values })
  const { memory } = machine
  return [
    counter(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds.',
      [root(machine.cpuNanoseconds / 1e9), ...containers(({ usage }) => usage.cpuNanoseconds / 1e9)].map(
        ({ labels, ...value }) => ({ labels: { ...labels, cpu: 'total' }, ...value }),
      ),
    ),
    gauge(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      [root(memory.usageBytes), ...containers(({ usage }) => usage.memoryBytes)],
    ),
    gauge('container_memory_working_set_bytes', 'Current working set in bytes.', [
      root(memory.workingSetBytes),
      ...containers(({ usage }) => workingSet(usage)),
    ]),
    gauge(
      'container_memory_rss',
      'Size of RSS in bytes.',
      containers(({ usage }) => usage.rssBytes),
    ),
    gauge(
      'container_processes',
      'Number of processes running inside the container.',
      containers(({ usage }) => usage.processes),
    ),
    gauge(
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds.',
      containers(({ container }) => Date.parse(container.startedAt ?? '') / 1000),
    ),
    gauge(
      'container_last_seen',
      'Last time a container was seen by the exporter',
      containers(({ at: seen }) => seen.getTime() / 1000),
    ),
    gauge(
      'container_spec_memory_limit_bytes',
      'Memory limit for the container.',
      containers((one, pod) => limitOf(one, pod, 'memory') ?? 0),
    ),
    gauge(
      'container_spec_cpu_period',
      'CPU period of the container.',
      containers((one, pod) => limitOf(one, pod, 'cpu') && PERIOD),
    ),
    gauge(
      'container_spec_cpu_quota',
      'CPU quota of the container.',
      containers((one, pod) => scaled(limitOf(one, pod, 'cpu'))),
    ),
    ...networkMetrics(sample),
    gauge('machine_cpu_cores', 'Number of logical CPU cores.', [{ value: availableParallelism() }]),
    gauge('machine_memory_bytes', 'Amount of memory installed on the machine.', [{ value: totalmem() }]),
  ]
}

/** Microseconds. */
const PERIOD = 100_000
const scaled = (cpus: number | undefined): number | undefined => cpus && Math.round(cpus * PERIOD)

function limitOf({ container }: ContainerSample, { spec }: PodSample['pod'], resource: string): number | undefined {
  const all = [...spec.containers, ...(spec.initContainers ?? [])]
  const limit = all.find(({ name }) => name === container.name)?.resources?.limits?.[resource]
  return limit === undefined ? undefined : quantityValue(limit)
}

const NETWORK = [
  ['receive_bytes', 'rxBytes', 'Cumulative count of bytes received'],
  ['receive_errors', 'rxErrors', 'Cumulative count of errors encountered while receiving'],
  ['transmit_bytes', 'txBytes', 'Cumulative count of bytes transmitted'],
  ['transmit_errors', 'txErrors', 'Cumulative count of errors encountered while transmitting'],
] as const

/** The network is the pod's: its values have no container. */
function networkMetrics({ at, pods }: NodeSample): Metric[] {
  return NETWORK.map(([name, field, help]) => ({
    name: `container_network_${name}_total`,
    help,
    type: 'counter',
    values: pods.flatMap(({ pod, networks = [], sandbox }) =>
      networks.map((one) => ({
        labels: {
          ...{ container: '', id: groupOf(pod), image: '', interface: one.name, name: sandbox?.container.id ?? '' },
          ...podLabels(pod),
        },
        value: one[field],
        at,
      })),
    ),
  }))
}

function containerLabels({ container }: ContainerSample, pod: PodSample['pod']): Record<string, string> {
  const { name, id, image = '' } = container
  return { container: name, id: `${groupOf(pod)}/${id}`, image, name: id, ...podLabels(pod) }
}

const groupOf = ({ metadata }: PodSample['pod']): string => `/kubepods/pod${metadata.uid}`

const podLabels = ({ metadata }: PodSample['pod']): Record<string, string> => ({
  namespace: metadata.namespace ?? '',
  pod: metadata.name,
})

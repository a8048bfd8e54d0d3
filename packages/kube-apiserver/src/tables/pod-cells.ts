import type { KubeObject } from '@slipway/kube-objects'
import type { Cell } from './cells.ts'
import { age } from './duration.ts'

interface ContainerState {
  waiting?: { reason?: string }
  running?: object
  terminated?: { reason?: string; exitCode?: number; signal?: number; finishedAt?: string }
}

interface ContainerStatus {
  name: string
  ready?: boolean
  started?: boolean
  restartCount?: number
  state?: ContainerState
  lastState?: ContainerState
}

/** READY, STATUS, RESTARTS and the wide columns of a pod, as printPod computes them. */
export function podCells(pod: Readonly<KubeObject>, now: number): Record<string, Cell> {
  const { spec = {}, status = {} } = pod
  const statuses: ContainerStatus[] = status.containerStatuses ?? []
  const sidecars = new Set<string>(
    (spec.initContainers ?? [])
      .filter((one: { restartPolicy?: string }) => one.restartPolicy === 'Always')
      .map((one: { name: string }) => one.name),
  )
  const runningSidecars = ((status.initContainerStatuses ?? []) as ContainerStatus[]).filter(({ name }) =>
    sidecars.has(name),
  )
  const counted = [...statuses, ...runningSidecars]
  const total = (spec.containers?.length ?? 0) + sidecars.size
  const ready = counted.filter((one) => one.ready && (one.state?.running || sidecars.has(one.name))).length
  return {
    Ready: `${ready}/${total}`,
    Status: podStatus(pod, sidecars),
    Restarts: restarts(counted, now),
    IP: status.podIPs?.[0]?.ip ?? status.podIP ?? '<none>',
    Node: spec.nodeName || '<none>',
    'Nominated Node': status.nominatedNodeName || '<none>',
    'Readiness Gates': readinessGates(pod),
  }
}

function podStatus(pod: Readonly<KubeObject>, sidecars: Set<string>): string {
  const { spec = {}, status = {}, metadata } = pod
  if (metadata.deletionTimestamp) {
    if (status.reason === 'NodeLost') return 'Unknown'
    if (!['Succeeded', 'Failed'].includes(status.phase)) return 'Terminating'
  }
  const starting = initStatus(status.initContainerStatuses ?? [], spec.initContainers?.length ?? 0, sidecars)
  if (starting) return starting
  let reason: string = status.reason || status.phase || 'Unknown'
  const gated = status.conditions?.some(
    (one: { type: string; reason?: string }) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated',
  )
  if (gated) reason = 'SchedulingGated'
  let running = false
  for (const one of ((status.containerStatuses ?? []) as ContainerStatus[]).toReversed()) {
    if (one.state?.waiting?.reason) reason = one.state.waiting.reason
    else if (one.state?.terminated) reason = terminatedReason(one.state.terminated)
    else if (one.ready && one.state?.running) running = true
  }
  if (reason !== 'Completed' || !running) return reason
  const ready = status.conditions?.some(
    (one: { type: string; status: string }) => one.type === 'Ready' && one.status === 'True',
  )
  return ready ? 'Running' : 'NotReady'
}

function initStatus(statuses: ContainerStatus[], total: number, sidecars: Set<string>): string | undefined {
  for (const [index, one] of statuses.entries()) {
    const { terminated, waiting } = one.state ?? {}
    if (terminated?.exitCode === 0) continue
    if (sidecars.has(one.name) && one.started) continue
    if (terminated) return `Init:${terminatedReason(terminated)}`
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`
    return `Init:${index}/${total}`
  }
  return undefined
}

function terminatedReason({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string {
  if (reason) return reason
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
}

function restarts(statuses: ContainerStatus[], now: number): string {
  const count = statuses.reduce((sum, one) => sum + (one.restartCount ?? 0), 0)
  const last = statuses
    .map((one) => one.lastState?.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1)
  return count > 0 && last ? `${count} (${age(last, now)} ago)` : String(count)
}

function readinessGates({ spec, status }: Readonly<KubeObject>): string {
  const gates: { conditionType: string }[] = spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const met = gates.filter(({ conditionType }) =>
    status?.conditions?.some(
      (one: { type: string; status: string }) => one.type === conditionType && one.status === 'True',
    ),
  )
  return `${met.length}/${gates.length}`
}

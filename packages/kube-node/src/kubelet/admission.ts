import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import { portsConflict } from '../scheduling/filters/host-ports.ts'
import { selectsNode } from '../scheduling/filters/node-affinity.ts'
import { insufficient, shortageText } from '../scheduling/filters/resources.ts'
import { untolerated } from '../scheduling/filters/taints.ts'
import { sysctlName } from './containers/sysctl-name.ts'

/** Why a pod may not run here, as its status says it. */
export interface Rejection {
  reason: string
  message: string
}

/** Sysctls that concern nobody but the pod (pkg/kubelet/sysctl/safe_sysctls.go). */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
])

/**
 * The kubelet's own check of a pod that was bound to this node, perhaps by somebody else than the scheduler (lifecycle/predicate.go).
 * `others` are the pods that run here. Undefined when it may run.
 */
export function rejectionOf(pod: Pod, node: NodeObject, others: Pod[]): Rejection | undefined {
  if ((pod.metadata.labels?.[OS] ?? SYSTEM) !== SYSTEM)
    return rejection('PodOSSelectorNodeLabelDoesNotMatch', `${UNFIT} \`${OS}\` label doesn't match node label`)
  if ((pod.spec.os?.name ?? SYSTEM) !== SYSTEM)
    return rejection('PodOSNotSupported', `${UNFIT} OS field doesn't match node OS`)
  const unsafe = pod.spec.securityContext?.sysctls?.find(({ name }) => !SAFE_SYSCTLS.has(sysctlName(name)))
  if (unsafe) return rejection('SysctlForbidden', `forbidden sysctl: ${JSON.stringify(unsafe.name)} not allowlisted`)
  const [short] = insufficient(pod, node, others)
  if (short) return rejection(`OutOf${short.resource}`, shortageText(short))
  if (!selectsNode(pod.spec, node)) return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
  if (portsConflict(pod, others))
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
  const [taint] = untolerated(pod.spec.tolerations, node, ['NoExecute'])
  return taint && failed('TaintToleration', `node(s) had taints that the pod didn't tolerate`)
}

const OS = 'kubernetes.io/os'
/** Of containers, wherever they run. */
const SYSTEM = 'linux'
const UNFIT = 'Failed to admit pod as the'

const failed = (predicate: string, why: string): Rejection =>
  rejection(predicate, `Predicate ${predicate} failed: ${why}`)

const rejection = (reason: string, why: string): Rejection => ({ reason, message: `Pod was rejected: ${why}` })

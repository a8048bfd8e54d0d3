import type { NodeCondition, NodeObject } from '../../model/node.ts'

/** What a kubelet says of its Node; whether the network is there is said by others. */
const KUBELETS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** The conditions that change when a Node is silent: nobody knows any more (kube-controller-manager's tryUpdateNodeHealth). */
export function unknownConditions({ status, metadata }: NodeObject, now: string): NodeCondition[] {
  return KUBELETS.flatMap((type) => {
    const said = status?.conditions?.find((condition) => condition.type === type)
    if (said?.status === 'Unknown') return []
    const last = said
      ? { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
      : { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' }
    const lastHeartbeatTime = said?.lastHeartbeatTime ?? metadata.creationTimestamp ?? now
    return [{ type, status: 'Unknown', ...last, lastHeartbeatTime, lastTransitionTime: now }]
  })
}

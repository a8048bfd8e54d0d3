import { Controller, type Log } from '@slipway/controller-runtime'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import { NODES } from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'

interface Deps {
  /** The kubelet's. */
  client: KubeClient
  informers: InformerSet
  nodeName: string
  log: Log
}

/**
 * Offers pods what somebody else has written into the capacity of this machine's Node, which is how extended resources are advertised, and
 * takes back what is no longer there (kubelet, nodestatus.MachineInfo).
 */
export function advertisedResourcesController({ client, informers, nodeName, log }: Deps): Controller<NodeObject> {
  return new Controller<NodeObject>({
    ...{ name: 'advertised-resources', client, informers, query: NODES, log, status: 'own', always: true },
    concerns: ({ type, object }) => type !== 'deleted' && object.metadata.name === nodeName,
    reconciler: {
      async reconcile(node) {
        const allocatable = advertised(node)
        if (Object.keys(allocatable).length > 0) {
          const ref = { apiVersion: 'v1', kind: 'Node', name: nodeName }
          const patch = { status: { allocatable } }
          await client.patch(ref, 'merge', patch, { subresource: 'status', fieldManager: 'kubelet' })
        }
        return { kind: 'ready', reason: 'Offered', message: 'pods can have what the capacity says' }
      },
    },
  })
}

/** What is to change in `allocatable`. What has no domain in its name is the kubelet's own. */
function advertised({ status: { capacity = {}, allocatable = {} } = {} }: NodeObject): Record<string, string | null> {
  const isExtended = (name: string): boolean => name.includes('/')
  const gone = Object.keys(allocatable).filter((name) => isExtended(name) && !(name in capacity))
  const other = Object.entries(capacity).filter(([name, amount]) => isExtended(name) && allocatable[name] !== amount)
  return Object.fromEntries([...gone.map((name) => [name, null] as const), ...other])
}

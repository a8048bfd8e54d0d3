import { findVolume, isOn } from '../../controllers/persistent-volume/match.ts'
import {
  claimNameOf,
  classNameOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
  SELECTED_NODE,
} from '../../model/storage.ts'
import type { ClusterView } from '../cluster/cluster-state.ts'
import type { NodeInfo } from '../cluster/node-info.ts'
import { namespaceOf, type PodInfo } from '../cluster/pod-info.ts'
import type { Claims, StorageView } from './claims.ts'
import { never, others, type Rule } from './rule.ts'

/** That nobody else has a claim that is for one pod alone (VolumeRestrictions, KEP-2485). */
export function exclusiveClaimsRule(info: PodInfo, { bound, waiting }: Claims, cluster: ClusterView): Rule | undefined {
  const exclusive = [...bound, ...waiting]
    .filter(({ spec }) => spec.accessModes?.includes('ReadWriteOncePod'))
    .map(({ metadata }) => metadata.name)
  if (exclusive.length === 0) return undefined
  const users = (other: PodInfo): number => {
    const { pod } = other
    if (namespaceOf(pod) !== namespaceOf(info.pod)) return 0
    return (pod.spec.volumes ?? []).filter((volume) => exclusive.includes(claimNameOf(pod, volume) ?? '')).length
  }
  let count = 0
  for (const node of cluster.nodes()) for (const other of node.pods.values()) count += users(other)
  return count > 0 ? takenRule(users, count) : undefined
}

function takenRule(users: (other: PodInfo) => number, before: number): Rule {
  let count = before
  return {
    check: () =>
      count > 0
        ? others(
            'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
          )
        : undefined,
    move: (other, _node, by) => {
      count += by * users(other)
    },
    copy: () => takenRule(users, count),
  }
}

/** That the pod's volumes are where the Node is, or can be (VolumeBinding). */
export function volumesRule({ bound, waiting }: Claims, storage: StorageView): Rule | undefined {
  if (bound.length + waiting.length === 0) return undefined
  return {
    check(node) {
      const away = bound.map((claim) => absence(claim, node, storage)).find((reason) => reason !== undefined)
      const reasons = [away, unavailable(waiting, node, storage)].filter((reason) => reason !== undefined)
      return reasons.length > 0 ? { reasons, isOthers: false } : undefined
    },
  }
}

function absence({ spec }: PersistentVolumeClaim, { object }: NodeInfo, storage: StorageView): string | undefined {
  const volume = storage.volume(spec.volumeName ?? '')
  if (!volume) return 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'
  return isOn(volume, object) ? undefined : "node(s) didn't match PersistentVolume's node affinity"
}

function unavailable(claims: PersistentVolumeClaim[], node: NodeInfo, storage: StorageView): string | undefined {
  const taken = new Set<PersistentVolume>()
  const isThere = claims.every((claim) => {
    const free = storage.volumes().filter((volume) => !taken.has(volume))
    const volume = findVolume(claim, free, { node: node.object, waits: true })
    if (volume) taken.add(volume)
    return volume !== undefined || canBeMade(claim, node, storage)
  })
  return isThere ? undefined : "node(s) didn't find available persistent volumes to bind"
}

/** Whoever makes volumes is told of one Node, and works on it. */
function canBeMade(claim: PersistentVolumeClaim, node: NodeInfo, storage: StorageView): boolean {
  const { provisioner = NO_PROVISIONER, allowedTopologies = [] } = storage.storageClass(classNameOf(claim) ?? '') ?? {}
  if (provisioner === NO_PROVISIONER) return false
  const selected = claim.metadata.annotations?.[SELECTED_NODE]
  if (selected && selected !== node.name) return false
  const isAllowed = allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.labels[key] ?? '')),
  )
  return allowedTopologies.length === 0 || isAllowed
}

const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

/** Labels of a volume that say where it is; the first two of the time before topology.kubernetes.io, which a Node need not have. */
const ZONES: [onVolume: string, onNode: string][] = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
]

/** That the Node is in a zone of the pod's volumes, where it is in any (VolumeZone). */
export function volumeZoneRule({ bound }: Claims, storage: StorageView): Rule | undefined {
  const places = bound.flatMap(({ spec }) => {
    const { labels = {} } = storage.volume(spec.volumeName ?? '')?.metadata ?? {}
    return ZONES.flatMap(([key, newKey]) => {
      const zones = labels[key]?.split('__')
      return zones ? [{ key, newKey, zones }] : []
    })
  })
  if (places.length === 0) return undefined
  return {
    check({ labels }) {
      const isAnywhere = ZONES.some(([key]) => labels[key] !== undefined)
      const isThere = places.every(({ key, newKey, zones }) => zones.includes(labels[key] ?? labels[newKey] ?? ''))
      return isAnywhere && !isThere ? never('node(s) had no available volume zone') : undefined
    },
  }
}

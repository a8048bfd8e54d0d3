import type { Change } from '@slipway/kube-client'
import type { NodeObject } from '../../model/node.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import type { StorageView } from '../filters/claims.ts'
import type { Changes } from '../queue/changes.ts'
import { NodeInfo } from './node-info.ts'
import { idOf, type NamespaceLabels, type PodInfo, podInfo } from './pod-info.ts'

/** What filters and scores may ask of the cluster. */
export interface ClusterView {
  nodes(): NodeInfo[]
  namespaceLabels: NamespaceLabels
  storage: StorageView
}

/** Where a pod is, or is to be. */
interface Place {
  node: string
  info: PodInfo
}

/**
 * The Nodes with the pods that take room on them: those that are bound and have not ended, and those of which it is decided where they
 * go, though the watch has not brought it yet. Kept by what the watches tell.
 */
export class ClusterState {
  readonly #nodes = new Map<string, NodeInfo>()
  /** Where pods are, by their ids; the Node need not be there. */
  readonly #places = new Map<string, Place>()
  /** By id, the pods that are counted before they are bound; `isBinding`: and may not be moved any more. */
  readonly #assumed = new Map<string, { node: string; isBinding: boolean }>()
  /** Where room is being made for pods, by their ids. */
  readonly #nominated = new Map<string, Place>()
  readonly #changes: Changes

  constructor(changes: Changes) {
    this.#changes = changes
  }

  nodes(): NodeInfo[] {
    return [...this.#nodes.values()]
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name)
  }

  takeNode({ type, object, previous }: Change<NodeObject>): void {
    const { name } = object.metadata
    if (type === 'deleted') {
      this.#nodes.delete(name)
      this.#changes.ofNodeGone(name)
      return
    }
    this.#nodes.set(name, new NodeInfo(object, this.#nodes.get(name)?.pods.values() ?? this.#podsOn(name)))
    if (!previous || differs(object, previous)) this.#changes.ofNode(name)
  }

  takePod({ type, object }: Change<Pod>): void {
    const id = idOf(object)
    const { nodeName } = object.spec
    const isGone = type === 'deleted' || hasEnded(object)
    if (isGone || nodeName) this.#assumed.delete(id)
    const node = isGone ? undefined : (nodeName ?? this.#assumed.get(id)?.node)
    if (node) this.#place(id, { node, info: podInfo(object) })
    else this.#displace(id)
    this.nominate(object, isGone || nodeName ? undefined : object.status?.nominatedNodeName)
  }

  /** Whether a pod is being bound. */
  isBinding(pod: Pod): boolean {
    return this.#assumed.get(idOf(pod))?.isBinding ?? false
  }

  /** Counts a pod on a Node before the watch says that it is there. Until it is being bound it is asked again where it goes. */
  assume(info: PodInfo, { name }: NodeInfo, { isBinding }: { isBinding: boolean }): void {
    this.#assumed.set(info.id, { node: name, isBinding })
    this.#place(info.id, { node: name, info })
  }

  /** It could not be bound after all. */
  forget(pod: Pod): void {
    const id = idOf(pod)
    if (this.#assumed.delete(id)) this.#displace(id)
  }

  /** Tells for which Node room is being made for a pod; undefined: for none. */
  nominate(pod: Pod, node: string | undefined): void {
    const id = idOf(pod)
    const before = this.#nominated.get(id)
    if (node) this.#nominated.set(id, { node, info: podInfo(pod) })
    else this.#nominated.delete(id)
    if (before && before.node !== node) this.#changes.ofRoom(before.node)
  }

  /** Other pods for which room is being made on a Node. */
  nominatedOn(node: string, except: PodInfo): PodInfo[] {
    return [...this.#nominated.values()]
      .filter((place) => place.node === node && place.info.id !== except.id)
      .map(({ info }) => info)
      .filter(({ pod }) => !pod.metadata.deletionTimestamp)
  }

  #podsOn(name: string): PodInfo[] {
    return [...this.#places.values()].filter(({ node }) => node === name).map(({ info }) => info)
  }

  #place(id: string, place: Place): void {
    const before = this.#places.get(id)
    if (before) this.#nodes.get(before.node)?.remove(before.info)
    this.#places.set(id, place)
    this.#nodes.get(place.node)?.add(place.info)
    if (!before || !countsAlike(before.info, place.info)) this.#changes.ofPods()
    if (before && (before.node !== place.node || holdsLess(place.info, before.info))) this.#changes.ofRoom(before.node)
  }

  #displace(id: string): void {
    const place = this.#places.get(id)
    if (!place) return
    this.#places.delete(id)
    this.#nodes.get(place.node)?.remove(place.info)
    this.#changes.ofRoom(place.node)
  }
}

/** Whether pods may be placed otherwise, now that a Node is other than it was. */
function differs(node: NodeObject, before: NodeObject): boolean {
  const [now, then] = [node, before].map(({ metadata, spec, status }) =>
    JSON.stringify([metadata.labels, spec?.taints, spec?.unschedulable, status?.allocatable]),
  )
  return now !== then
}

const countsAlike = (a: PodInfo, b: PodInfo): boolean =>
  a.kin === b.kin && !a.pod.metadata.deletionTimestamp === !b.pod.metadata.deletionTimestamp

const holdsLess = (pod: PodInfo, before: PodInfo): boolean =>
  [...before.holding].some(([resource, amount]) => (pod.holding.get(resource) ?? 0n) < amount)

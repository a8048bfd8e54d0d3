import type { Change, Informer } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { controllerOf, selects } from '../../labels.ts'
import type { LabelSelector } from '../../model/pod.ts'

/**
 * Which owners of a kind a change of what they may own concerns: the one that manages it, the one that did, and where nobody
 * does all whose selector matches.
 */
export function ownersOf<T extends KubeObject>(
  owners: Informer<T>,
  selectorOf: (owner: T) => LabelSelector | undefined,
): (change: Change<KubeObject>) => ObjectKey[] {
  const { kind } = owners.query
  const managerOf = (object: KubeObject | undefined): ObjectKey[] => {
    const manager = object && controllerOf(object)
    return object && manager?.kind === kind ? [keyIn(object, manager.name)] : []
  }
  return ({ type, object, previous }) => {
    const keys = [...managerOf(object), ...managerOf(previous)]
    if (type === 'deleted' || controllerOf(object)) return keys
    const { namespace, labels } = object.metadata
    const adopters = owners
      .list()
      .filter((owner) => owner.metadata.namespace === namespace && selects(selectorOf(owner), labels))
    return [...keys, ...adopters.map(({ metadata }) => keyIn(object, metadata.name))]
  }
}

/** The key of an object of this name beside another one. */
export function keyIn({ metadata }: KubeObject, name: string): ObjectKey {
  return { name, ...(metadata.namespace && { namespace: metadata.namespace }) }
}

import type { ObjectIndex, ValuesOf } from '@slipway/kube-client'
import type { KubeObject, LabelRequirement, ObjectKey } from '@slipway/kube-objects'
import { SERVICE_NAME } from './controllers/endpoints/endpoints.ts'
import { controllerOf, matchesAll } from './labels.ts'
import { hasEnded, type Pod } from './model/pod.ts'
import type { Service } from './model/service.ts'
import { claimNameOf } from './model/storage.ts'

// By what objects are found, each index kept once by the informer for all who ask by it.

/** By the uid of who manages them; those that nobody does as {@link freeIn} says. */
export const byManager: ValuesOf<KubeObject> = (object) => [
  controllerOf(object)?.uid ?? freeIn(object.metadata.namespace),
]

export const freeIn = (namespace: string | undefined): string => `in ${namespace ?? ''}`

/** By their namespace, and there by each of their labels. */
export const byLabel: ValuesOf<KubeObject> = ({ metadata: { namespace, labels } }) => [
  inNamespace(namespace),
  ...Object.entries(labels ?? {}).map(([key, value]) => withLabel(namespace, key, value)),
]

const inNamespace = (namespace = ''): string => namespace

const withLabel = (namespace = '', key: string, value: string): string => `${namespace} ${key}=${value}`

/** Of what a selector may mean in a namespace, the label or the namespace under which there are the fewest. */
export function narrowest(
  index: Pick<ObjectIndex<KubeObject>, 'count'>,
  namespace: string | undefined,
  requirements: readonly LabelRequirement[],
): string {
  let least = inNamespace(namespace)
  for (const { key, operator, values } of requirements) {
    const [only, another] = values
    if (operator !== 'In' || only === undefined || another !== undefined) continue
    const value = withLabel(namespace, key, only)
    if (index.count(value) < index.count(least)) least = value
  }
  return least
}

/** Services by a label that their pods must have: one is enough to find those of which a pod may be. */
export const bySelector: ValuesOf<Service> = ({ metadata: { namespace }, spec: { selector } }) => {
  if (!selector) return []
  const [label] = Object.entries(selector)
  return [label ? withLabel(namespace, ...label) : inNamespace(namespace)]
}

/** The Services, from their index {@link bySelector}, that select this pod. */
export function servicesOf(index: Pick<ObjectIndex<Service>, 'of'>, pod: KubeObject): Service[] {
  const mayBe = byLabel(pod).flatMap((value) => index.of(value))
  return mayBe.filter(({ spec }) => spec.selector && matchesAll(spec.selector, pod.metadata.labels))
}

/** EndpointSlices by their Service, as {@link keyText} has it. */
export const byService: ValuesOf<KubeObject> = ({ metadata: { namespace, labels } }) => {
  const name = labels?.[SERVICE_NAME]
  return name === undefined ? [] : [keyText({ name, ...(namespace && { namespace }) })]
}

/** Pods by their Node. */
export const byNode: ValuesOf<Pod> = ({ spec }) => (spec.nodeName ? [spec.nodeName] : [])

/** Pods that have ended, all under {@link ENDED}. */
export const byEnd: ValuesOf<Pod> = (pod) => (hasEnded(pod) ? [ENDED] : [])

export const ENDED = 'ended'

/** Pods by the claims that their volumes need, as {@link keyText} has them. */
export const byClaim: ValuesOf<Pod> = (pod) =>
  (pod.spec.volumes ?? []).flatMap((volume) => {
    const name = claimNameOf(pod, volume)
    return name === undefined ? [] : [keyText({ ...pod.metadata, name })]
  })

export const keyText = ({ namespace, name }: ObjectKey): string => `${namespace ?? ''}/${name}`

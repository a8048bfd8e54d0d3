import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../defaults/spec.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, concerns, refused } from './admission.ts'
import { mergeTolerations } from './merge-tolerations.ts'

const PRIORITIES = { group: 'scheduling.k8s.io', plural: 'priorityclasses', namespaced: false }
const RUNTIMES = { group: 'node.k8s.io', plural: 'runtimeclasses', namespaced: false }

const OVERHEAD_WITHOUT = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'

/** A pod that is about to be made. */
const newPod = (request: AdmissionRequest): Spec | undefined =>
  request.operation === 'CREATE' && concerns(request, '', 'pods') ? request.object?.spec : undefined

/** Gives pods the priority of their PriorityClass (the Priority admission). */
export function podPriorities(store: RevisionStore): AdmissionPlugin {
  return {
    mutate(request) {
      const spec = newPod(request)
      if (spec) setPriority(store, spec, request)
      else if (request.operation === 'UPDATE' && concerns(request, '', 'pods')) keepPriority(request)
    },
    validate(request) {
      if (concerns(request, PRIORITIES.group, PRIORITIES.plural)) checkDefault(store, request)
    },
  }
}

/** Whoever replaces a pod need not know what it was given. */
function keepPriority({ object, old }: AdmissionRequest): void {
  for (const field of ['priority', 'preemptionPolicy']) {
    const given: unknown = old?.spec?.[field]
    if (object?.spec && given !== undefined) object.spec[field] ??= given
  }
}

/** Gives pods what their RuntimeClass says (the RuntimeClass admission). */
export function runtimeClasses(store: RevisionStore): AdmissionPlugin {
  return {
    mutate(request) {
      const spec = newPod(request)
      if (spec?.runtimeClassName) setRuntime(store, spec, request)
    },
    validate(request) {
      const { overhead, runtimeClassName } = newPod(request) ?? {}
      if (overhead && !runtimeClassName) throw refused(request, OVERHEAD_WITHOUT)
    },
  }
}

/** No two PriorityClasses are what pods have that name none. */
function checkDefault(store: RevisionStore, request: AdmissionRequest): void {
  const { object, operation, name } = request
  if (object?.globalDefault !== true || (operation !== 'CREATE' && operation !== 'UPDATE')) return
  const known = defaultPriority(store)?.metadata.name
  if (known === undefined || (operation === 'UPDATE' && known === name)) return
  throw refused(request, `PriorityClass ${known} is already marked as default. Only one default can exist`)
}

/** The least of those that say so. */
function defaultPriority(store: RevisionStore): Readonly<KubeObject> | undefined {
  const marked = store
    .list(prefixOf(PRIORITIES))
    .entries.map((entry) => viewEntry(entry))
    .filter(({ globalDefault }) => globalDefault === true)
  return marked.toSorted((a, b) => Number(a.value) - Number(b.value))[0]
}

function setPriority(store: RevisionStore, spec: Spec, request: AdmissionRequest): void {
  const found = spec.priorityClassName ? store.get(keyOf(PRIORITIES, undefined, spec.priorityClassName)) : undefined
  if (spec.priorityClassName && !found) {
    throw refused(request, `no PriorityClass with name ${spec.priorityClassName} was found`)
  }
  const priority = found ? viewEntry(found) : spec.priorityClassName ? undefined : defaultPriority(store)
  const value = (priority?.value as number | undefined) ?? 0
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`
    throw refused(request, why)
  }
  if (priority) spec.priorityClassName = priority.metadata.name
  spec.priority = value
  const policy: string = priority?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`
    throw refused(request, why)
  }
  spec.preemptionPolicy = policy
}

function setRuntime(store: RevisionStore, spec: Spec, request: AdmissionRequest): void {
  const entry = store.get(keyOf(RUNTIMES, undefined, spec.runtimeClassName))
  if (!entry) throw refused(request, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`)
  const { overhead, scheduling } = viewEntry(entry) as KubeObject
  if (spec.overhead && !overhead?.podFixed) throw refused(request, OVERHEAD_WITHOUT)
  if (spec.overhead && !equalJson(spec.overhead, overhead?.podFixed)) {
    throw refused(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  }
  if (overhead?.podFixed) spec.overhead = structuredClone(overhead.podFixed)
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key] ?? value
    if (own !== value) {
      const conflict = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`
      throw refused(request, `conflict: ${conflict}`)
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  if (scheduling?.tolerations) spec.tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations)
}

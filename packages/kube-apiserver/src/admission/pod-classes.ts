import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../defaults/spec.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, concerns, refused } from './admission.ts'

const PRIORITIES = { group: 'scheduling.k8s.io', plural: 'priorityclasses', namespaced: false }
const RUNTIMES = { group: 'node.k8s.io', plural: 'runtimeclasses', namespaced: false }

/** Gives pods what their PriorityClass and their RuntimeClass say (the Priority and RuntimeClass admissions). */
export function podClasses(store: RevisionStore): AdmissionPlugin {
  return {
    mutate(request) {
      const spec = request.object?.spec as Spec | undefined
      if (request.operation !== 'CREATE' || !concerns(request, '', 'pods') || !spec) return
      setPriority(store, spec, request)
      if (spec.runtimeClassName) setRuntime(store, spec, request)
    },
  }
}

function setPriority(store: RevisionStore, spec: Spec, request: AdmissionRequest): void {
  const found = spec.priorityClassName
    ? store.get(keyOf(PRIORITIES, undefined, spec.priorityClassName))
    : store.list(prefixOf(PRIORITIES)).entries.find((entry) => viewEntry(entry).globalDefault === true)
  if (spec.priorityClassName && !found) {
    throw refused(request, `no PriorityClass with name ${spec.priorityClassName} was found`)
  }
  const priority = found && viewEntry(found)
  const value = (priority?.value as number | undefined) ?? 0
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`
    throw refused(request, why)
  }
  if (priority) spec.priorityClassName = priority.metadata.name
  spec.priority = value
  spec.preemptionPolicy ??= priority?.preemptionPolicy ?? 'PreemptLowerPriority'
}

function setRuntime(store: RevisionStore, spec: Spec, request: AdmissionRequest): void {
  const entry = store.get(keyOf(RUNTIMES, undefined, spec.runtimeClassName))
  if (!entry) throw refused(request, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`)
  const { overhead, scheduling } = viewEntry(entry) as KubeObject
  if (overhead?.podFixed) spec.overhead ??= structuredClone(overhead.podFixed)
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key] ?? value
    if (own !== value) {
      const conflict = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`
      throw refused(request, `pod rejected: conflict: ${conflict}`)
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  if (scheduling?.tolerations) spec.tolerations = [...(spec.tolerations ?? []), ...scheduling.tolerations]
}

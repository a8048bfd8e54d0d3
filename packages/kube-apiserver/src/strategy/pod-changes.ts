import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField, invalidValue } from '../validation/field-errors.ts'
import { internalStruct } from '../validation/internal-struct.ts'
import { structDiff } from '../validation/struct-diff.ts'
import { qosClass } from './pod-qos.ts'

const RULE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** What may change in a pod: little, and some of it through subresources only (ValidatePodUpdate and its siblings). */
export function podChangeErrors(next: KubeObject, current: KubeObject, subresource: string | undefined): FieldError[] {
  if (subresource === 'ephemeralcontainers') {
    return isMirror(current)
      ? [ofStaticPods('do not support ephemeral containers')]
      : ephemeralErrors(next.spec, current.spec)
  }
  if (subresource === 'resize') return unresizable(next, current) ?? resizeErrors(next, current)
  // A binding sets the node, which nothing else does.
  if (subresource === 'binding') return []
  return specErrors(next.spec, current.spec)
}

/** The agent of a node tells of the pods that it has from files in objects of its own making. */
export const isMirror = ({ metadata }: Pick<KubeObject, 'metadata'>): boolean =>
  metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined

/** The field is Kubernetes'. */
export const ofStaticPods = (why: string): FieldError => forbiddenField('[]', `static pods ${why}`)

/** Pods of which nothing may be resized. */
function unresizable({ spec: next }: KubeObject, current: KubeObject): FieldError[] | undefined {
  const { spec } = current
  const ofPod = [next, spec].some(({ resources = {} }: Spec) => resources.requests || resources.limits)
  if (ofPod) return [forbiddenField('[]', 'pods with pod-level resources cannot be resized')]
  if (isMirror(current)) return [ofStaticPods('cannot be resized')]
  return spec.os?.name === 'windows' ? [forbiddenField('[]', 'windows pods cannot be resized')] : undefined
}

function specErrors(next: Spec, current: Spec): FieldError[] {
  const counted = countErrors(next, current)
  if (counted.length > 0) return counted
  const deadline = deadlineErrors(next.activeDeadlineSeconds, current.activeDeadlineSeconds)
  const tolerations = (current.tolerations ?? []).every((one: Spec) =>
    (next.tolerations ?? []).some((other: Spec) => equalJson(withoutSeconds(one), withoutSeconds(other))),
  )
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
  const gates = gateErrors(next.schedulingGates ?? [], current.schedulingGates ?? [])
  const [before, after] = [podSpec(current), podSpec(munged(next, current))]
  return [
    ...deadline,
    ...tolerations,
    ...gates,
    ...(current.schedulingGates?.length ? narrowingErrors(next, current) : []),
    ...(equalJson(after, before) ? [] : [forbiddenField('spec', `${RULE}\n${structDiff(before, after)}`)]),
  ]
}

const podSpec = (spec: Spec): Spec => internalStruct(spec, 'core.PodSpec') ?? {}

function gateErrors(next: Spec[], current: Spec[]): FieldError[] {
  return next.flatMap(({ name }, index) =>
    current.some((one) => one.name === name)
      ? []
      : [
          forbiddenField(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  )
}

function countErrors(next: Spec, current: Spec): FieldError[] {
  return ['containers', 'initContainers']
    .filter((field) => (next[field]?.length ?? 0) !== (current[field]?.length ?? 0))
    .map((field) => forbiddenField(`spec.${field}`, 'pod updates may not add or remove containers'))
}

function deadlineErrors(next: number | undefined, current: number | undefined): FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  if (next === undefined) {
    if (current === undefined) return []
    return [invalidValue(field, null, 'must not update from a positive integer to nil value')]
  }
  if (current === undefined || next <= current) return []
  return [invalidValue(field, next, 'must be less than or equal to previous value')]
}

function withoutSeconds({ tolerationSeconds: _, ...rest }: Spec): Spec {
  return rest
}

/** The new spec with what an update may change as it was; a gated pod may become more selective. */
function munged(next: Spec, current: Spec): Spec {
  const images = (field: string) =>
    (next[field] as Spec[] | undefined)?.map((one, index) => ({ ...one, image: current[field]?.[index]?.image }))
  const { activeDeadlineSeconds, schedulingGates, tolerations, terminationGracePeriodSeconds: grace } = current
  return {
    ...next,
    ...{ activeDeadlineSeconds, schedulingGates, tolerations },
    ...{ containers: images('containers'), initContainers: images('initContainers') },
    ...(grace < 0 && next.terminationGracePeriodSeconds === 1 && { terminationGracePeriodSeconds: grace }),
    ...(schedulingGates?.length && {
      nodeSelector: current.nodeSelector,
      affinity: mungedAffinity(next.affinity, current.affinity),
    }),
  }
}

/** A gated pod's affinity with that to nodes as it was. */
function mungedAffinity(next: Spec | undefined, current: Spec | undefined): Spec | undefined {
  const { nodeAffinity } = current ?? {}
  if (!next) return nodeAffinity && { nodeAffinity }
  const isOfNodes = next.nodeAffinity && !next.podAffinity && !next.podAntiAffinity
  return !current && isOfNodes ? undefined : { ...next, nodeAffinity }
}

/** A pod that waits behind a gate may ask for fewer nodes, and not for others. */
function narrowingErrors(next: Spec, current: Spec): FieldError[] {
  const [wanted, had]: Spec[] = [next.nodeSelector ?? {}, current.nodeSelector ?? {}]
  const kept = Object.entries(had ?? {}).every(([key, value]) => wanted?.[key] === value)
  const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
  return [
    ...(kept ? [] : [invalidValue('spec.nodeSelector', wanted, why)]),
    ...termErrors(nodeTerms(next), nodeTerms(current)),
  ]
}

const TERMS = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
const nodeTerms = ({ affinity }: Spec): Spec[] =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []

function termErrors(next: Spec[], current: Spec[]): FieldError[] {
  if (current.length === 0) return []
  if (next.length !== current.length) {
    return [
      invalidValue(
        TERMS,
        next.map(shownTerm),
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    ]
  }
  return current.flatMap((old, index) => {
    const term = next[index] as Spec
    if (onlyAdds(term, old)) return []
    return [
      invalidValue(`${TERMS}[${index}]`, shownTerm(term), 'only additions are allowed (no mutations or deletions)'),
    ]
  })
}

const shownTerm = (term: Spec) => internalStruct(term, 'core.NodeSelectorTerm')

/** A term without requirements selects nothing, which one more would change. */
function onlyAdds(term: Spec, old: Spec): boolean {
  const lists = ['matchExpressions', 'matchFields']
  const empty = lists.every((field) => !old[field]?.length)
  if (empty) return lists.every((field) => !term[field]?.length)
  return lists.every((field) => {
    const before: Spec[] = old[field] ?? []
    return equalJson((term[field] ?? []).slice(0, before.length), before)
  })
}

function ephemeralErrors(next: Spec, current: Spec): FieldError[] {
  const field = 'spec.ephemeralContainers'
  return ((current.ephemeralContainers ?? []) as Spec[]).flatMap((before) => {
    const after = (next.ephemeralContainers as Spec[] | undefined)?.find(({ name }) => name === before.name)
    const which = `existing ephemeral containers ${JSON.stringify(before.name)}`
    if (!after) return [forbiddenField(field, `${which} may not be removed\n`)]
    const shown = (one: Spec): Spec => internalStruct(one, 'core.EphemeralContainer') ?? {}
    const [old, fresh] = [shown(before), shown(after)]
    if (equalJson(fresh, old)) return []
    return [forbiddenField(field, `${which} may not be changed\n${structDiff(old, fresh)}`)]
  })
}

function resizeErrors({ spec: next, status }: KubeObject, { spec: current }: KubeObject): FieldError[] {
  const others = orderErrors(next, current)
  if (others.length > 0) return others
  const refused = [
    ...(qosClass(next) === qosClass(current)
      ? []
      : [invalidValue('spec', status?.qosClass, 'Pod QOS Class may not change as a result of resizing')]),
    ...removedErrors(next, current),
    ...fixedInitErrors(next, current),
  ]
  if (refused.length > 0) return refused
  const beside = (list: Spec[] | undefined) =>
    list?.map(({ resources, resizePolicy: _, ...rest }) => ({ ...rest, resources: beyondCpuAndMemory(resources) }))
  const same = ['containers', 'initContainers'].every((field) =>
    equalJson(beside(next[field]) ?? [], beside(current[field]) ?? []),
  )
  return same ? [] : [forbiddenField('spec', 'only cpu and memory resources are mutable')]
}

function orderErrors(next: Spec, current: Spec): FieldError[] {
  return ['containers', 'initContainers'].flatMap((field) => {
    const [after, before]: Spec[][] = [next[field] ?? [], current[field] ?? []]
    if (after?.length !== before?.length) {
      return [forbiddenField(`spec.${field}`, `${field} may not be added or removed on resize`)]
    }
    return (before ?? []).flatMap(({ name }, index) =>
      name === after?.[index]?.name
        ? []
        : [forbiddenField(`spec.${field}[${index}].name`, `${field} may not be renamed or reordered on resize`)],
    )
  })
}

/** What a container has asked for once it may change, and not take back. */
function removedErrors(next: Spec, current: Spec): FieldError[] {
  const sidecars: [Spec, string][] = (current.initContainers ?? []).flatMap((one: Spec, index: number) =>
    one.restartPolicy === 'Always' ? [[one, `initContainers[${index}]`]] : [],
  )
  const main: [Spec, string][] = current.containers.map((one: Spec, index: number) => [one, `containers[${index}]`])
  const containers: Spec[] = [...(next.initContainers ?? []), ...next.containers]
  return [...sidecars, ...main].flatMap(([{ name, resources }, at]) => {
    const after = containers.find((one) => one.name === name)?.resources
    return ['requests', 'limits']
      .filter((kind) => Object.keys(resources?.[kind] ?? {}).some((resource) => !(resource in (after?.[kind] ?? {}))))
      .map((kind) => forbiddenField(`spec.${at}.resources.${kind}`, `resource ${kind} cannot be removed`))
  })
}

function fixedInitErrors(next: Spec, current: Spec): FieldError[] {
  const changed = (current.initContainers ?? []).some(
    (one: Spec, index: number) => one.restartPolicy !== 'Always' && !equalJson(one, next.initContainers[index]),
  )
  return changed ? [forbiddenField('spec', 'resources for non-sidecar init containers are immutable')] : []
}

function beyondCpuAndMemory({ requests, limits, ...rest }: Spec = {}): Spec {
  const others = (amounts: Spec = {}) =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => name !== 'cpu' && name !== 'memory'))
  return { ...rest, requests: others(requests), limits: others(limits) }
}

import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { invalid } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { viewEntry } from '../../storage/codec.ts'
import { keyOf, prefixOf } from '../../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, refused } from '../admission.ts'
import { type PodLike, type Violation, violationsOf } from './checks.ts'
import { isSame, LABEL_PREFIX, type LevelVersion, levelText, type Policy, policyOf, strictness } from './policy.ts'

const NAMESPACES = { group: '', plural: 'namespaces', namespaced: false }
const PODS = { group: '', plural: 'pods', namespaced: true }
/** Ways to a pod that leave its containers as they are. */
const HARMLESS = new Set([...['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']])

/** Where the kinds that make pods have their template. */
const TEMPLATES: Record<string, (object: KubeObject) => Spec | undefined> = {
  '/podtemplates': (object) => object.template as Spec | undefined,
  '/replicationcontrollers': ({ spec }) => spec?.template,
  'apps/deployments': ({ spec }) => spec?.template,
  'apps/replicasets': ({ spec }) => spec?.template,
  'apps/statefulsets': ({ spec }) => spec?.template,
  'apps/daemonsets': ({ spec }) => spec?.template,
  'batch/jobs': ({ spec }) => spec?.template,
  'batch/cronjobs': ({ spec }) => spec?.jobTemplate?.spec?.template,
}

/** Keeps pods to the Pod Security Standards that their namespace's labels name (the PodSecurity admission). */
export function podSecurity(store: RevisionStore): AdmissionPlugin {
  return {
    validate(request) {
      const { resource, object, operation } = request
      if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      const type = `${resource.group}/${resource.plural}`
      if (type === '/pods') checkPod(store, request, object)
      else if (type === '/namespaces') checkNamespace(store, request, object)
      else if (TEMPLATES[type] && !request.subresource)
        warnOf(policyFor(store, request), TEMPLATES[type](object), request)
    },
  }
}

/** Undefined = the namespace asks for nothing; its text is looked at before it is parsed, for this happens with every pod. */
function policyFor(store: RevisionStore, { namespace = '' }: AdmissionRequest): Policy | undefined {
  const entry = store.get(keyOf(NAMESPACES, undefined, namespace))
  if (!entry?.value.includes(`"${LABEL_PREFIX}`)) return undefined
  return policyOf(viewEntry(entry).metadata.labels)
}

function checkPod(store: RevisionStore, request: AdmissionRequest, pod: KubeObject): void {
  if (HARMLESS.has(request.subresource ?? '')) return
  const policy = policyFor(store, request)
  if (!policy || (request.old && !isSignificant(pod, request.old))) return
  const found = violationsOf(pod as unknown as PodLike, policy.enforce)
  if (found.length > 0) {
    throw refused(request, `violates PodSecurity "${levelText(policy.enforce)}": ${detailsOf(found)}`)
  }
  warnOf(policy, pod as unknown as Spec, request)
}

function warnOf(policy: Policy | undefined, pod: Spec | undefined, request: AdmissionRequest): void {
  if (!policy || !pod?.spec) return
  const found = violationsOf(pod as PodLike, policy.warn)
  if (found.length > 0) request.warn(`would violate PodSecurity "${levelText(policy.warn)}": ${detailsOf(found)}`)
}

const reasonsOf = (found: Violation[]): string => found.map(({ reason }) => reason).join(', ')
const detailsOf = (found: Violation[]): string =>
  found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')

/** Another image, or a container more or less. */
function isSignificant({ spec: next }: KubeObject, { spec: old }: Readonly<KubeObject>): boolean {
  const images = (list: Spec[] | undefined) => (list ?? []).map(({ image }) => image).join('\n')
  const fixed = ['containers', 'initContainers'].some((field) => images(next?.[field]) !== images(old?.[field]))
  const known: Spec[] = old?.ephemeralContainers ?? []
  const added = ((next?.ephemeralContainers ?? []) as Spec[]).some(
    ({ name, image }) => known.find((one) => one.name === name)?.image !== image,
  )
  return fixed || added
}

/** Labels must say something, and who asks for more is told of the pods that are there. */
function checkNamespace(store: RevisionStore, request: AdmissionRequest, namespace: KubeObject): void {
  if (request.subresource) return
  const next = policyOf(namespace.metadata.labels)
  const old = request.old && policyOf(request.old.metadata.labels)
  const text = (policy: Policy | undefined) => JSON.stringify(policy?.faults ?? [])
  if (next.faults.length > 0 && text(next) !== text(old)) {
    throw invalid(request.resource, namespace.metadata.name, next.faults)
  }
  if (!old || isSame(next.enforce, old.enforce) || next.enforce.level === 'privileged') return
  if (next.enforce.minor === old.enforce.minor && strictness(next.enforce) <= strictness(old.enforce)) return
  for (const warning of podsAgainst(store, namespace.metadata.name, next.enforce)) request.warn(warning)
}

/** The pods of a namespace that would not be let in, those of the same faults together. */
function podsAgainst(store: RevisionStore, namespace: string, enforce: LevelVersion): string[] {
  const byReason = new Map<string, string[]>()
  for (const entry of store.list(prefixOf(PODS, namespace)).entries) {
    const pod = viewEntry(entry)
    const found = violationsOf(pod as unknown as PodLike, enforce)
    if (found.length === 0) continue
    byReason.set(reasonsOf(found), [...(byReason.get(reasonsOf(found)) ?? []), pod.metadata.name])
  }
  if (byReason.size === 0) return []
  const level = levelText(enforce)
  return [
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${level}"`,
    ...[...byReason].map(([reason, names]) => `${firstOf(names)}: ${reason}`).sort(),
  ]
}

function firstOf(names: string[]): string {
  const [first = ''] = names.toSorted()
  const others = names.length - 1
  return others === 0 ? first : `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
}

import { isObject } from '@slipway/kube-objects'
import { changeField } from '../field-path.ts'
import { NAME_REFERENCES, type NameReference } from '../field-specs.ts'
import { isClusterScoped, type Resource, sameNamespace } from '../resource.ts'

/** Gives references the present names of what they refer to. */
export function fixNameReferences(resources: readonly Resource[]): void {
  for (const reference of NAME_REFERENCES) {
    const candidates = resources.filter(
      ({ object, previous }) =>
        object.kind === reference.kind && previous.length > 0 && inGroup(object.apiVersion, reference),
    )
    if (candidates.length === 0) continue
    for (const referrer of resources) fixReferrer(referrer, reference, candidates)
  }
}

function fixReferrer(referrer: Resource, reference: NameReference, candidates: readonly Resource[]): void {
  const { object } = referrer
  for (const spec of reference.fields) {
    changeField(object, spec, (value) => {
      if (spec.path === 'roleRef/name' && object.roleRef?.kind !== reference.kind) return value
      if (Array.isArray(value)) return value.map((item) => newReference(referrer, item, candidates))
      return newReference(referrer, value, candidates)
    })
  }
}

function newReference(referrer: Resource, value: unknown, candidates: readonly Resource[]): unknown {
  if (typeof value === 'string') return refer(referrer, value, candidates)?.object.metadata.name ?? value
  if (!isObject(value) || typeof value.name !== 'string') return value
  // A subject may be a user or group.
  if (value.kind !== undefined && value.kind !== 'ServiceAccount') return value
  // Subjects and webhooks' services are named together with their namespace.
  const { name, namespace } = value
  const named = candidates.filter(({ previous }) =>
    previous.some((id) => id.name === name && sameNamespace(id.namespace, namespace as string | undefined)),
  )
  const target = nearest(referrer, named)
  if (!target) return value
  const { metadata } = target.object
  return { ...value, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
}

/** The object that had the name, as the referrer sees it: in its namespace, or without one. */
function refer(referrer: Resource, name: string, candidates: readonly Resource[]): Resource | undefined {
  const named = candidates.filter(({ previous }) => previous.some((id) => id.name === name))
  if (isClusterScoped(referrer)) return nearest(referrer, named)
  const { namespace } = referrer.object.metadata
  return nearest(
    referrer,
    named.filter(
      (candidate) => isClusterScoped(candidate) || sameNamespace(candidate.object.metadata.namespace, namespace),
    ),
  )
}

/** Of several objects that had the name, the one that went through the same layers. */
function nearest(referrer: Resource, named: readonly Resource[]): Resource | undefined {
  if (named.length <= 1) return named[0]
  return named.find(
    ({ prefixes, suffixes }) => isSame(prefixes, referrer.prefixes) && isSame(suffixes, referrer.suffixes),
  )
}

/** Names of one layer got the same prefixes, outermost last. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index])
}

function inGroup(apiVersion: string, { group }: NameReference): boolean {
  return group === undefined || apiVersion.startsWith(`${group}/`)
}

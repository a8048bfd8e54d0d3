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
  // Subjects name their account's namespace, too.
  if (!isObject(value) || value.kind !== 'ServiceAccount' || typeof value.name !== 'string') return value
  const { name, namespace } = value
  const account = candidates.find(({ previous }) =>
    previous.some((id) => id.name === name && sameNamespace(id.namespace, namespace as string | undefined)),
  )
  if (!account) return value
  const { metadata } = account.object
  return { ...value, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
}

/** The object that had the name, as the referrer sees it: in its namespace, with its prefixes and suffixes where several had it. */
function refer(referrer: Resource, name: string, candidates: readonly Resource[]): Resource | undefined {
  const named = candidates.filter(({ previous }) => previous.some((id) => id.name === name))
  const near = isClusterScoped(referrer)
    ? named
    : named.filter(
        (candidate) =>
          isClusterScoped(candidate) ||
          sameNamespace(candidate.object.metadata.namespace, referrer.object.metadata.namespace),
      )
  if (near.length <= 1) return near[0]
  return near.find(
    (candidate) => isPartOf(candidate.prefixes, referrer.prefixes) && isPartOf(candidate.suffixes, referrer.suffixes),
  )
}

/** Names of one layer got the same prefixes, outermost last. */
function isPartOf(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.length === outer.length && inner.every((part, index) => part === outer[index])
}

function inGroup(apiVersion: string, { group }: NameReference): boolean {
  return group === undefined || apiVersion.startsWith(`${group}/`)
}

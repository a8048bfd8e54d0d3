import type { Resource } from '../resource.ts'

/** Of several objects that had a name, those that went through the same layers as who refers to it. */
export function nearest(candidates: readonly Resource[], referrer: Resource): readonly Resource[] {
  if (candidates.length <= 1) return candidates
  const near = candidates.filter((resource) => isNear(resource, referrer, true))
  return near.length > 1 ? near.filter((resource) => isNear(resource, referrer, false)) : near
}

function isNear(a: Resource, b: Resource, allowsNone: boolean): boolean {
  return hasSameEnd(a.prefixes, b.prefixes, allowsNone) && hasSameEnd(a.suffixes, b.suffixes, allowsNone)
}

/** Whether the shorter list is the end of the longer: what is outermost comes last. An empty one is that of an empty one only. */
function hasSameEnd(a: readonly string[], b: readonly string[], allowsNone: boolean): boolean {
  if (a.length === 0 || b.length === 0) return allowsNone || a.length === b.length
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a]
  const offset = longer.length - shorter.length
  return shorter.every((part, index) => part === longer[index + offset])
}

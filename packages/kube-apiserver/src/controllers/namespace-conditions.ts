import type { Spec } from '../defaults/spec.ts'
import type { Remainder } from './namespace-content.ts'

interface Condition {
  reason: string
  message: string
}

/** What each condition of a terminating namespace says when all is well (Kubernetes' namespace deletion controller). */
const WELL: Record<string, Condition> = {
  NamespaceDeletionDiscoveryFailure: {
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  NamespaceDeletionGroupVersionParsingFailure: {
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  NamespaceDeletionContentFailure: {
    reason: 'ContentDeleted',
    message: 'All content successfully deleted, may be waiting on finalization',
  },
  NamespaceContentRemaining: { reason: 'ContentRemoved', message: 'All content successfully removed' },
  NamespaceFinalizersRemaining: {
    reason: 'ContentHasNoFinalizers',
    message: 'All content-preserving finalizers finished',
  },
}

/** The conditions of a namespace that still has something in it. */
export function namespaceConditions(before: Spec[], remainder: Remainder, now: string): Spec[] {
  const trouble = troubles(remainder)
  const own = Object.entries(WELL).map(([type, well]) => {
    const found = trouble[type]
    const status = found ? 'True' : 'False'
    const old = before.find((one) => one.type === type)
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now
    return { lastTransitionTime, ...(found ?? well), status, type }
  })
  return [...before.filter(({ type }) => !(type in WELL)), ...own]
}

function troubles({ resources, finalizers, unknown, failures }: Remainder): Record<string, Condition> {
  const listed = (counts: Map<string, number>, text: (key: string, count: number) => string) =>
    [...counts]
      .map(([key, count]) => text(key, count))
      .toSorted()
      .join(', ')
  const left = listed(resources, (resource, count) => `${resource} has ${count} resource instances`)
  const held = listed(finalizers, (finalizer, count) => `${finalizer} in ${count} resource instances`)
  const missing = unknown.map((one) => `${one}: the server is currently unable to handle the request`).join(', ')
  return {
    ...(unknown.length > 0 && {
      NamespaceDeletionDiscoveryFailure: {
        reason: 'DiscoveryFailed',
        message: `Discovery failed for some groups, ${unknown.length} failing: unable to retrieve the complete list of server APIs: ${missing}`,
      },
    }),
    ...(failures.length > 0 && {
      NamespaceDeletionContentFailure: {
        reason: 'ContentDeletionFailed',
        message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.toSorted().join(', ')}`,
      },
    }),
    ...(left && {
      NamespaceContentRemaining: {
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${left}`,
      },
    }),
    ...(held && {
      NamespaceFinalizersRemaining: {
        reason: 'SomeFinalizersRemain',
        message: `Some content in the namespace has finalizers remaining: ${held}`,
      },
    }),
  }
}

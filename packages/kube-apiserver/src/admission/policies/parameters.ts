import { type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'
import { viewEntry } from '../../storage/codec.ts'
import { prefixOf } from '../../storage/keys.ts'
import type { AdmissionRequest } from '../admission.ts'
import type { MatchDeps } from '../matching.ts'

/** The objects with which a policy is evaluated, one after the other: `[null]` when it takes none; a text when it cannot be. */
export function policyParameters(
  policy: Readonly<KubeObject>,
  binding: Readonly<KubeObject>,
  { namespace }: AdmissionRequest,
  { store, registry }: MatchDeps,
): (Readonly<KubeObject> | null)[] | string {
  const kind = policy.spec?.paramKind as Spec | undefined
  const reference = binding.spec?.paramRef as Spec | undefined
  if (!kind || !reference) return [null]
  const [group, version] = kind.apiVersion.includes('/') ? kind.apiVersion.split('/') : ['', kind.apiVersion]
  const resource = registry.byKind(group, kind.kind, version)
  if (!resource)
    return policy.spec?.failurePolicy === 'Ignore'
      ? []
      : `failed to find resource for param: ${kind.apiVersion} ${kind.kind}`
  const place = resource.namespaced ? (reference.namespace ?? namespace) : undefined
  const found = store
    .list(prefixOf(resource, place))
    .entries.map((entry) => viewEntry(entry))
    .filter(({ metadata }) =>
      reference.name
        ? metadata.name === reference.name
        : matchesLabels(metadata.labels, labelRequirements(reference.selector ?? {})),
    )
  if (found.length > 0) return found
  if (reference.parameterNotFoundAction === 'Allow' || policy.spec?.failurePolicy === 'Ignore') return []
  return 'no params found for policy binding with `Deny` parameterNotFoundAction'
}

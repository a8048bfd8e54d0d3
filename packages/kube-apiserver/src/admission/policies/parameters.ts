import { type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'
import type { Resource } from '../../registry/resource.ts'
import { viewEntry } from '../../storage/codec.ts'
import { prefixOf } from '../../storage/keys.ts'
import { type AdmissionRequest, enclosingNamespace } from '../admission.ts'
import type { MatchDeps } from '../matching.ts'

/** The type of a policy's parameters; undefined when it takes none. */
export function parameterType(
  { spec }: Readonly<KubeObject>,
  { registry }: MatchDeps,
): Resource | undefined | 'unknown' {
  const kind = spec?.paramKind as Spec | undefined
  if (!kind) return undefined
  const [version = '', group = ''] = String(kind.apiVersion).split('/').toReversed()
  return registry.byKind(group, kind.kind, version) ?? 'unknown'
}

/** `apps/v1, Kind=Deployment` */
export function kindText({ spec }: Readonly<KubeObject>): string {
  const { apiVersion = '', kind = '' } = spec?.paramKind ?? {}
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`
}

/** The objects with which a policy is evaluated, one after the other: `[null]` when it takes none; a text when it cannot be. */
export function policyParameters(
  resource: Resource | undefined,
  { spec: binding }: Readonly<KubeObject>,
  request: AdmissionRequest,
  { store }: MatchDeps,
): (Readonly<KubeObject> | null)[] | string {
  const reference = binding?.paramRef as Spec | undefined
  if (!resource || !reference) return [null]
  const own: string | undefined = reference.namespace || undefined
  if (own && !resource.namespaced) return 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`'
  const place = own ?? enclosingNamespace(request)
  if (resource.namespaced && place === undefined) {
    return 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'
  }
  const found = store
    .list(prefixOf(resource, resource.namespaced ? place : undefined))
    .entries.map((entry) => viewEntry(entry))
    .filter(({ metadata }) =>
      reference.name
        ? metadata.name === reference.name
        : matchesLabels(metadata.labels, labelRequirements(reference.selector ?? {})),
    )
  if (found.length > 0 || reference.parameterNotFoundAction !== 'Deny') return found
  return 'no params found for policy binding with `Deny` parameterNotFoundAction'
}

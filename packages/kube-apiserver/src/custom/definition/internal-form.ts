import { equalJson } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'

const SHARED = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

/** What may be said once for all versions. */
export type Shared = Partial<Record<(typeof SHARED)[number], Spec[string]>>

/** A definition's versions as apiextensions' own code holds them. */
export interface InternalForm {
  /** What all versions have in common, for one version all that it has: its faults are told of the spec. */
  shared: Shared
  /** Without what they have in common. */
  versions: Spec[]
}

/** Kubernetes checks definitions in the form that v1beta1 had (Convert_v1_CustomResourceDefinitionSpec). */
export function internalForm(versions: Spec[]): InternalForm {
  const [first] = versions
  if (!first) return { shared: {}, versions }
  const common = SHARED.filter((part) => versions.every((version) => equalJson(version[part], first[part])))
  const isCommon = (part: string): boolean => common.some((one) => one === part)
  return {
    shared: Object.fromEntries(common.map((part) => [part, first[part]])),
    versions: versions.map((version) =>
      Object.fromEntries(Object.entries(version).filter(([part]) => !isCommon(part))),
    ),
  }
}

import type { Place } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'

/** `helm.fluxcd.io/v1` HelmRelease, as the Helm Operator defines it. */
export interface HelmRelease extends KubeObject {
  spec: HelmReleaseSpec
  status?: HelmReleaseStatus
}

export interface HelmReleaseSpec {
  chart: {
    repository?: string
    name?: string
    version?: string
    git?: string
    path?: string
    ref?: string
    secretRef?: { name: string; namespace?: string }
    skipDepUpdate?: boolean
  }
  releaseName?: string
  targetNamespace?: string
  /** Seconds. */
  timeout?: number
  wait?: boolean
  maxHistory?: number
  resetValues?: boolean
  forceUpgrade?: boolean
  skipCRDs?: boolean
  disableOpenAPIValidation?: boolean
  rollback?: {
    enable?: boolean
    retry?: boolean
    maxRetries?: number
    force?: boolean
    recreate?: boolean
    disableHooks?: boolean
    timeout?: number
    wait?: boolean
  }
  test?: { enable?: boolean; ignoreFailures?: boolean; timeout?: number }
  valuesFrom?: ValuesSource[]
  valueFileSecrets?: { name: string }[]
  values?: Record<string, unknown>
}

interface KeyRef {
  name: string
  namespace?: string
  key?: string
  optional?: boolean
}

/** The first field that is set counts. */
export interface ValuesSource {
  configMapKeyRef?: KeyRef
  secretKeyRef?: KeyRef
  externalSourceRef?: { url: string; optional?: boolean }
  chartFileRef?: { path: string; optional?: boolean }
}

export interface HelmReleaseStatus {
  observedGeneration?: number
  phase?: string
  releaseName?: string
  releaseStatus?: string
  revision?: string
  lastAttemptedRevision?: string
  rollbackCount?: number
  conditions?: HelmReleaseCondition[]
}

export interface HelmReleaseCondition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
  lastUpdateTime: string
  lastTransitionTime: string
}

/** Defaults to the namespace of the object; it is never created. */
export function targetNamespaceOf({ metadata, spec }: HelmRelease): string {
  return spec.targetNamespace || metadata.namespace || 'default'
}

/** `<namespace>-<name>`, with the target namespace between when it is another one. */
export function releaseNameOf(release: HelmRelease): string {
  if (release.spec.releaseName) return release.spec.releaseName
  const namespace = release.metadata.namespace || 'default'
  const target = targetNamespaceOf(release)
  return [namespace, ...(target === namespace ? [] : [target]), release.metadata.name].join('-')
}

/** The annotation that says which HelmRelease an object belongs to. */
export const ANTECEDENT = 'helm.fluxcd.io/antecedent'

/** The antecedent's value: `namespace:helmrelease/name`. */
export function antecedentOf({ metadata }: HelmRelease): string {
  return `${metadata.namespace || 'default'}:helmrelease/${metadata.name}`
}

/** The file and line that an object was read from, as the kustomize-controller notes it. */
const SOURCE = 'slipway.dev/source'

/** Where a fault of the release is: the object, and the file and line it came from when that is known. */
export function placeOf({ kind, metadata }: HelmRelease): Place {
  const object = `${kind}/${metadata.namespace}/${metadata.name}`
  const { file, line } = /^(?<file>.+):(?<line>\d+)$/.exec(metadata.annotations?.[SOURCE] ?? '')?.groups ?? {}
  return file && line ? { file, line: Number(line), object } : { object }
}

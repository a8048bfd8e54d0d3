import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { type Resource, resourceKey } from '../registry/resource.ts'
import { networkWarnings } from './addresses.ts'
import { definitionWarnings } from './definition-warnings.ts'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { keyPairWarnings } from './key-pair.ts'
import { networkObjectWarnings, statusWarnings } from './network-warnings.ts'
import { labelWarnings, nodeTermWarnings } from './node-labels.ts'
import { annotationWarnings, type WarningRule, type WarningRules } from './rule.ts'
import { claimWarnings, sourceWarnings } from './volume-warnings.ts'
import { workloadWarnings } from './workload-warnings.ts'

const CLASS = 'volume.beta.kubernetes.io/storage-class'
const INSTEAD_OF_CLASS = 'deprecated since v1.8; use "storageClassName" attribute instead'
const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets'
const VOLUME_SOURCES = ['cephfs', 'photonPersistentDisk', 'scaleIO', 'storageos', 'glusterfs', 'rbd']

const rules: WarningRules = new Map<string, WarningRule>([
  ...workloadWarnings,
  ...networkObjectWarnings,
  ['/secrets', secret],
  ['/serviceaccounts', serviceAccount],
  ['/persistentvolumeclaims', (claim) => [...annotationWarnings(claim, CLASS, INSTEAD_OF_CLASS), ...ofClaim(claim)]],
  ['/persistentvolumes', volume],
  ['/nodes', node],
  ['apiextensions.k8s.io/customresourcedefinitions', definitionWarnings],
  ['storage.k8s.io/storageclasses', storageClass],
  ['node.k8s.io/runtimeclasses', runtimeClass],
])

/** What the client of a write is told in warnings, once the write is known to be valid. */
export function warningsOf(
  { resource, subresource }: { resource: Resource; subresource?: string },
  object: KubeObject,
  old?: KubeObject,
): string[] {
  if (resource.custom) return subresource === 'status' ? [] : finalizerWarnings(object, old)
  return (subresource === 'status' ? statusWarnings : rules).get(resourceKey(resource))?.(object, old) ?? []
}

function secret({ type, data }: KubeObject): string[] {
  if (type !== 'kubernetes.io/tls') return []
  const { 'tls.crt': certificate, 'tls.key': key } = (data ?? {}) as Record<string, string>
  return keyPairWarnings(certificate, key)
}

/** Whoever had it before has been told. */
function serviceAccount(account: KubeObject, old: KubeObject | undefined): string[] {
  if (old?.metadata.annotations?.[MOUNTABLE] !== undefined) return []
  const why = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets'
  return annotationWarnings(account, MOUNTABLE, why)
}

const ofClaim = ({ spec }: KubeObject): string[] => claimWarnings(spec ?? {}, 'spec')

function volume(object: KubeObject): string[] {
  const { spec = {} } = object
  const terms: Spec[] = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  const options = 'deprecated since v1.31; use "mountOptions" attribute instead'
  return [
    ...annotationWarnings(object, CLASS, INSTEAD_OF_CLASS),
    ...annotationWarnings(object, 'volume.beta.kubernetes.io/mount-options', options),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, index) => nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`)),
    ...sourceWarnings(spec, 'spec', VOLUME_SOURCES),
  ]
}

function node({ spec = {} }: KubeObject): string[] {
  return [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...((spec.podCIDRs ?? []) as string[]).flatMap((range, index) => networkWarnings(`spec.podCIDRs[${index}]`, range)),
  ]
}

function storageClass({ allowedTopologies = [] }: KubeObject): string[] {
  return (allowedTopologies as Spec[]).flatMap(({ matchLabelExpressions = [] }, of) =>
    (matchLabelExpressions as Spec[]).flatMap(({ key }, index) =>
      labelWarnings([key], () => `allowedTopologies[${of}].matchLabelExpressions[${index}].key`),
    ),
  )
}

function runtimeClass({ scheduling }: KubeObject): string[] {
  const labels = Object.keys((scheduling as Spec | undefined)?.nodeSelector ?? {})
  return labelWarnings(labels, () => 'scheduling.nodeSelector')
}

import { qualifiedNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRule, TypeRules } from './check-types.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import { keyErrors, requiredText, text } from './values.ts'

/** Where the values of environment variables come from. */
export const envRules: TypeRules = {
  'core/v1.EnvVar': (variable, at) => [
    ...requiredText(`${at}.name`, variable.name, variableErrors),
    ...(variable.valueFrom ? sourceErrors(variable, `${at}.valueFrom`) : []),
  ],
  'core/v1.EnvFromSource': ({ prefix }, at) => text(`${at}.prefix`, prefix, variableErrors),
  'core/v1.ConfigMapEnvSource': ({ name }, at) => requiredText(`${at}.name`, name, subdomainNameErrors),
  'core/v1.SecretEnvSource': ({ name }, at) => requiredText(`${at}.name`, name, subdomainNameErrors),
  'core/v1.ConfigMapKeySelector': keySelector,
  'core/v1.SecretKeySelector': keySelector,
}

function variableErrors(name: string): string[] {
  return /^[\x20-\x3c\x3e-\x7e]*$/.test(name)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef']

function sourceErrors({ value, valueFrom }: Spec, at: string): FieldError[] {
  const used = SOURCES.filter((source) => valueFrom[source])
  const inner = [
    ...(valueFrom.fieldRef ? fieldReference(valueFrom.fieldRef, `${at}.fieldRef`, OF_VARIABLES) : []),
    ...(valueFrom.resourceFieldRef
      ? resourceReference(valueFrom.resourceFieldRef, `${at}.resourceFieldRef`, { volume: false })
      : []),
  ]
  if (used.length === 0) {
    const choice = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'
    return [...inner, invalidValue(at, '', choice)]
  }
  if (value) return [...inner, invalidValue(at, '', 'may not be specified when `value` is not empty')]
  if (used.length > 1) return [...inner, invalidValue(at, '', 'may not have more than one field specified at a time')]
  return inner
}

/** Of a container's envFrom; `at` is the list, which Kubernetes names for its items. */
export function envFromErrors(sources: Spec[], at: string): FieldError[] {
  return sources.flatMap(({ configMapRef, secretRef }) => {
    if (!configMapRef && !secretRef) return [invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`')]
    if (configMapRef && secretRef) {
      return [invalidValue(at, '', 'may not have more than one field specified at a time')]
    }
    return []
  })
}

function keySelector({ name = '', key }: Spec, at: string): ReturnType<TypeRule> {
  return [
    ...subdomainNameErrors(name).map((why) => invalidValue(`${at}.name`, name, why)),
    ...requiredText(`${at}.key`, key, keyErrors),
  ]
}

const OF_VARIABLES = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
export const OF_VOLUMES = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
/** What ConvertDownwardAPIFieldLabel knows, whether the place supports it or not. */
const FIELD_LABELS = new Set([
  ...OF_VARIABLES,
  ...OF_VOLUMES,
  'spec.restartPolicy',
  'status.phase',
  'spec.schedulerName',
])

export function fieldReference({ apiVersion, fieldPath }: Spec, at: string, supported: string[]): FieldError[] {
  if (!apiVersion) return [required(`${at}.apiVersion`)]
  if (!fieldPath) return [required(`${at}.fieldPath`)]
  const [, path = fieldPath, subscript] = /^(.*)\['(.*)'\]$/.exec(fieldPath) ?? []
  if (apiVersion !== 'v1' || !(FIELD_LABELS.has(path) || path === 'spec.host')) {
    const why =
      apiVersion === 'v1' ? `field label not supported: ${fieldPath}` : `unsupported pod version: ${apiVersion}`
    return [invalidValue(`${at}.fieldPath`, fieldPath, `error converting fieldPath: ${why}`)]
  }
  if (subscript !== undefined) {
    if (path === 'metadata.annotations') return keyOf(subscript.toLowerCase(), at)
    if (path === 'metadata.labels') return keyOf(subscript, at)
    return [invalidValue(at, path, 'does not support subscript')]
  }
  return supported.includes(path) ? [] : [notSupported(`${at}.fieldPath`, path, supported)]
}

const keyOf = (key: string, at: string): FieldError[] =>
  qualifiedNameErrors(key).map((why) => invalidValue(at, key, why))

const RESOURCES = ['limits', 'requests'].flatMap((part) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${part}.${name}`),
)
const SIZES = [
  '1',
  ...['', 'i'].flatMap((end) => [...'kMGTPE'].map((unit) => `1${end ? unit.toUpperCase() : unit}${end}`)),
]

export function resourceReference(
  { containerName, resource, divisor = '0' }: Spec,
  at: string,
  { volume }: { volume: boolean },
): FieldError[] {
  const errors: FieldError[] = []
  if (volume && !containerName) errors.push(required(`${at}.containerName`))
  else if (!resource) errors.push(required(`${at}.resource`))
  else if (!RESOURCES.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${at}.resource`, resource, RESOURCES))
  }
  return [...errors, ...divisorErrors(resource ?? '', String(divisor), at)]
}

function divisorErrors(resource: string, divisor: string, at: string): FieldError[] {
  const kind = resource.replace(/^(limits|requests)\./, '')
  const cpu = kind === 'cpu'
  const known = cpu || kind === 'memory' || kind === 'ephemeral-storage' || kind.startsWith('hugepages-')
  if (divisor === '0' || !known || (cpu ? ['1m', '1'] : SIZES).includes(divisor)) return []
  const name = kind.startsWith('hugepages-')
    ? 'hugepages'
    : kind === 'ephemeral-storage'
      ? 'local ephemeral storage'
      : kind
  const list = cpu ? '1m and 1' : SIZES.join(', ')
  return [
    invalidValue(`${at}.divisor`, resource, `only divisor's values ${list} are supported with the ${name} resource`),
  ]
}

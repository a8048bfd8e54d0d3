import { KustomizeError, prefixed } from './fault.ts'
import type { FieldSpec } from './field-spec.ts'
import { isSelected } from './identity.ts'

/** Fields that hold the names of objects of a kind. */
export interface NameReference {
  readonly kind?: string
  readonly group?: string
  readonly version?: string
  readonly fieldSpecs?: readonly FieldSpec[]
}

/** Which fields each transformer changes (builtinconfig.TransformerConfig). */
export interface TransformerConfig {
  readonly namePrefix: readonly FieldSpec[]
  readonly nameSuffix: readonly FieldSpec[]
  readonly namespace: readonly FieldSpec[]
  readonly commonLabels: readonly FieldSpec[]
  readonly labels: readonly FieldSpec[]
  readonly templateLabels: readonly FieldSpec[]
  readonly commonAnnotations: readonly FieldSpec[]
  readonly nameReference: readonly NameReference[]
  readonly varReference: readonly FieldSpec[]
  readonly images: readonly FieldSpec[]
  readonly replicas: readonly FieldSpec[]
}

export const NO_CONFIG: TransformerConfig = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  commonAnnotations: [],
  nameReference: [],
  varReference: [],
  images: [],
  replicas: [],
}

/** The names in kustomize's messages. */
const LISTS = {
  namePrefix: 'NamePrefix',
  nameSuffix: 'NameSuffix',
  namespace: 'NameSpace',
  commonAnnotations: 'CommonAnnotations',
  commonLabels: 'CommonLabels',
  labels: 'Labels',
  templateLabels: 'TemplateLabels',
  varReference: 'VarReference',
  images: 'Images',
  replicas: 'Replicas',
} as const

/** Both, sorted by kind. Throws where they are at odds on whether a field is to be made. */
export function mergeConfigs(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  if (b === NO_CONFIG || (a === b && isSettled(a))) return a
  if (a === NO_CONFIG && isSettled(b)) return b
  const merged: Partial<Record<keyof TransformerConfig, unknown>> = {}
  for (const [field, name] of Object.entries(LISTS) as [keyof typeof LISTS, string][]) {
    merged[field] = prefixed(`failed to merge ${name} fieldSpec`, () => sorted(mergeSpecs(a[field], b[field])))
  }
  merged.nameReference = prefixed('failed to merge NameReference fieldSpec', () =>
    sorted(mergeReferences(a.nameReference, b.nameReference)),
  )
  return merged as TransformerConfig
}

const settled = new WeakMap<TransformerConfig, boolean>()

/** Whether no spec of a config makes another of it needless, so that to merge it with itself, or into none, changes nothing. */
function isSettled(config: TransformerConfig): boolean {
  let known = settled.get(config)
  if (known === undefined) {
    const lists = Object.keys(LISTS) as (keyof typeof LISTS)[]
    const specs = [
      ...lists.map((name) => config[name]),
      ...config.nameReference.map(({ fieldSpecs = [] }) => fieldSpecs),
    ]
    known = specs.every((list) => mergeSpecs([], list).length === list.length)
    settled.set(config, known)
  }
  return known
}

/** A config with its lists sorted by kind. */
export function sortedConfig(config: TransformerConfig): TransformerConfig {
  const lists = Object.entries(config).map(([field, list]) => [field, sorted(list as readonly FieldSpec[])])
  return Object.fromEntries(lists) as TransformerConfig
}

/** The specs of both; one that says the same of a wider choice of kinds makes another needless. */
export function mergeSpecs(a: readonly FieldSpec[], b: readonly FieldSpec[]): readonly FieldSpec[] {
  if (b.length === 0 || a === b) return a
  const byPath = new Map<string, FieldSpec[]>()
  const add = (spec: FieldSpec): void => {
    const same = byPath.get(spec.path)
    if (same) same.push(spec)
    else byPath.set(spec.path, [spec])
  }
  for (const spec of a) add(spec)
  const merged = [...a]
  for (const spec of b) {
    const known = byPath.get(spec.path)?.find((other) => isSelected(gvkOf(other), spec))
    if (known && (known.create === true) !== (spec.create === true))
      throw new KustomizeError('KUSTOMIZE_INVALID', 'conflicting fieldspecs')
    if (known) continue
    merged.push(spec)
    add(spec)
  }
  return merged
}

function mergeReferences(a: readonly NameReference[], b: readonly NameReference[]): NameReference[] {
  const merged = new Map<string, NameReference>()
  for (const reference of [...a, ...b]) {
    const key = sortKey(reference)
    const known = merged.get(key)
    const fieldSpecs = mergeSpecs(known?.fieldSpecs ?? [], reference.fieldSpecs ?? [])
    merged.set(key, { ...(known ?? reference), fieldSpecs })
  }
  return [...merged.values()]
}

const gvkOf = ({
  group = '',
  version = '',
  kind = '',
}: FieldSpec): { group: string; version: string; kind: string } => ({
  group,
  version,
  kind,
})

// The order of kyaml's Gvk.IsLessThan.
const FIRST = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

/** Kinds that come first and last, in kustomize's `legacy` order too. */
export const LEGACY_ORDER = { orderFirst: FIRST, orderLast: LAST }

function rank(kind = ''): number {
  const first = FIRST.indexOf(kind)
  return first >= 0 ? first - FIRST.length : LAST.indexOf(kind) + 1
}

const sortKey = ({ group, version, kind }: Omit<FieldSpec, 'path'>): string =>
  `${group || '~G'}_${version || '~V'}_${kind || '~K'}`

function sorted<T extends Omit<FieldSpec, 'path'>>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => {
    const byRank = rank(a.kind) - rank(b.kind)
    if (byRank !== 0) return byRank
    const [left, right] = [sortKey(a), sortKey(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
}

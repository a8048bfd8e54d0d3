import { KustomizeError, prefixed } from '../fault.ts'
import { changeField, type FieldSpec } from '../field-spec.ts'
import { idKey } from '../identity.ts'
import type { ResMap } from '../res-map.ts'
import type { Resource } from '../resource.ts'
import { demandKind, isMap, isNull, textOf } from '../values.ts'
import type { FieldSpecs, Transformer } from './transformer.ts'

export interface NamespaceConfig extends FieldSpecs {
  metadata?: { namespace?: string }
  /** Leave namespaces that are there. */
  unsetOnly?: boolean
  /** Which accounts that roles are bound to move along. */
  setRoleBindingSubjects?: string
}

const MODES = ['defaultOnly', 'none', 'allServiceAccounts']

/** `namespace`: of all that lives in one, and of what refers to it. */
export function namespaceTransformer(config: NamespaceConfig): Transformer {
  const { setRoleBindingSubjects: mode = '' } = config
  if (mode !== '' && !MODES.includes(mode)) {
    const [first, second, third] = MODES
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `invalid value "${mode}" for setRoleBindingSubjects: must be one of "${first}", "${second}" or "${third}"`,
    )
  }
  const namespace = config.metadata?.namespace ?? ''
  return (resources) => {
    if (namespace !== '') moveAll(resources, namespace, config)
  }
}

function moveAll(resMap: ResMap, namespace: string, config: NamespaceConfig): void {
  const counts = new Map<string, number>()
  const count = (resource: Resource, by: number): number => {
    const key = idKey(resource.id)
    const next = (counts.get(key) ?? 0) + by
    counts.set(key, next)
    return next
  }
  for (const resource of resMap.resources) count(resource, 1)
  for (const resource of resMap.resources) {
    resource.storePreviousId()
    count(resource, -1)
    move(resource, namespace, config)
    if (count(resource, 1) === 1) continue
    const key = idKey(resource.id)
    const twins = resMap.resources.filter((other) => idKey(other.id) === key)
    throw new KustomizeError('KUSTOMIZE_INVALID', `namespace transformation produces ID conflict: [${twins.join(' ')}]`)
  }
}

function move(resource: Resource, namespace: string, config: NamespaceConfig): void {
  const set = (value: unknown): unknown => {
    if (value !== undefined) demandKind('scalar', value)
    return config.unsetOnly && textOf(value) !== '' ? value : namespace
  }
  const change = { set, make: () => '' }
  if (!resource.isClusterScoped) changeField(resource, { path: 'metadata/namespace', create: true }, change)
  const isBinding = resource.kind === 'RoleBinding' || resource.kind === 'ClusterRoleBinding'
  if (isBinding) moveSubjects(resource, set, config.setRoleBindingSubjects)
  prefixed('namespace transformation failed', () => {
    for (const spec of config.fieldSpecs ?? [])
      if (isWanted(spec, resource, isBinding)) changeField(resource, spec, change)
  })
}

/** Whose own place and name, and whose subjects, are not left to field specs. */
function isWanted({ path, kind }: FieldSpec, resource: Resource, isBinding: boolean): boolean {
  if (path === 'metadata/namespace') return false
  if (path === 'metadata/name' && resource.apiVersion !== 'v1') return false
  return !(isBinding && path === 'subjects/namespace' && (kind === 'RoleBinding' || kind === 'ClusterRoleBinding'))
}

/** Only the account `default` surely moves along; others do when they are part of the build, as name references. */
function moveSubjects({ object }: Resource, set: (value: unknown) => unknown, mode = 'defaultOnly'): void {
  if (mode === 'none' || isNull(object?.subjects)) return
  demandKind('list', object?.subjects)
  const [field, wanted] = mode === 'allServiceAccounts' ? ['kind', 'ServiceAccount'] : ['name', 'default']
  for (const subject of object?.subjects as unknown[]) {
    if (isMap(subject) && textOf(subject[field as string]) === wanted) subject.namespace = set(subject.namespace)
  }
}

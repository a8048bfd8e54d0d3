import { isObject } from '@slipway/kube-objects'
import { appliesTo, changeField } from '../field-path.ts'
import { NAMESPACES } from '../field-specs.ts'
import { identityOf, isClusterScoped, type Resource } from '../resource.ts'

// Kinds whose names are not free to choose (builtinpluginconsts/nameprefix.go).
const FIXED_NAMES = new Set(['CustomResourceDefinition', 'APIService', 'Namespace'])

/** `namePrefix`. */
export function addPrefix(resources: readonly Resource[], prefix: string): void {
  for (const resource of renamable(resources)) {
    resource.prefixes.push(prefix)
    rename(resource, prefix + resource.object.metadata.name)
  }
}

/** `nameSuffix`. */
export function addSuffix(resources: readonly Resource[], suffix: string): void {
  for (const resource of renamable(resources)) {
    resource.suffixes.push(suffix)
    rename(resource, resource.object.metadata.name + suffix)
  }
}

/** Gives an object another name and remembers the old one, by which others may refer to it. */
export function rename(resource: Resource, name: string): void {
  resource.previous.push(identityOf(resource))
  resource.object.metadata.name = name
}

/** `namespace`: of everything that lives in one, and of references to it. */
export function setNamespace(resources: readonly Resource[], namespace: string): void {
  for (const resource of resources) {
    const { object } = resource
    const before = identityOf(resource)
    if (!isClusterScoped(resource)) object.metadata.namespace = namespace
    for (const spec of NAMESPACES) changeField(object, spec, () => namespace)
    const after = identityOf(resource)
    if (before.name !== after.name || before.namespace !== after.namespace) resource.previous.push(before)
    if (object.kind === 'RoleBinding' || object.kind === 'ClusterRoleBinding') moveDefaultAccounts(resource, namespace)
  }
}

/** Only the account `default` surely moves along; others do when they are part of the build, as name references. */
function moveDefaultAccounts({ object }: Resource, namespace: string): void {
  if (!appliesTo({ path: '', group: 'rbac.authorization.k8s.io' }, object) || !Array.isArray(object.subjects)) return
  for (const subject of object.subjects as unknown[]) {
    if (isObject(subject) && subject.kind === 'ServiceAccount' && subject.name === 'default')
      subject.namespace = namespace
  }
}

const renamable = (resources: readonly Resource[]): Resource[] =>
  resources.filter(({ object }) => !FIXED_NAMES.has(object.kind))

import { crdSchema, equalJson, type KubeObject, type SchemaNode } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { ConvertObjects, Resource, Subresource } from '../registry/resource.ts'
import { compareVersions } from '../registry/version-order.ts'
import { isTrue } from './definition/conditions.ts'

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

/** The resources that a CustomResourceDefinition makes, one for each served version, the preferred version first. */
export function customResources(crd: Readonly<KubeObject>, convert?: ConvertObjects): Resource[] {
  const schemas = schemasOf(crd.spec)
  const served: Spec[] = crd.spec?.versions.filter((version: Spec) => version.served)
  return served
    .toSorted((a, b) => compareVersions(a.name, b.name))
    .map((version) => resourceOf(crd, version, schemas, convert))
}

/** What is stored of a CustomResourceDefinition, which may be served in other versions only, or in none. */
export function storedCustomResource(crd: Readonly<KubeObject>): Resource {
  return resourceOf(crd, storageVersionOf(crd), schemasOf(crd.spec))
}

type Schemas = ReadonlyMap<string, SchemaNode>

function resourceOf(crd: Readonly<KubeObject>, version: Spec, schemas: Schemas, convert?: ConvertObjects): Resource {
  const { group, scope, versions } = crd.spec as Spec
  const names: Spec = crd.status?.acceptedNames ?? crd.spec.names
  return {
    group,
    version: version.name,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    namespaced: scope === 'Namespaced',
    verbs: VERBS,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    subresources: subresourcesOf(version, { group, version: version.name, kind: names.kind }),
    storageVersion: storageVersionOf(crd).name,
    custom: {
      schema: schemas.get(version.name),
      schemas,
      openApi: version.schema?.openAPIV3Schema,
      columns: version.additionalPrinterColumns ?? [],
      hasStatus: version.subresources?.status !== undefined,
      ...(version.subresources?.scale && { scale: version.subresources.scale }),
      definedAt: Number(crd.metadata.resourceVersion ?? 0),
      apiVersions: versions.map(({ name }: Spec) => `${group}/${name}`),
      isTerminating: isTrue(crd, 'Terminating'),
      ...(convert && { convert }),
      ...(version.deprecated && { deprecation: version.deprecationWarning ?? deprecationOf(version, crd.spec) }),
      selectableFields: (version.selectableFields ?? []).map(({ jsonPath }: Spec) => jsonPath.replace(/^\./, '')),
    },
  }
}

/** Validation sees to it that there is one. */
function storageVersionOf(crd: Readonly<KubeObject>): Spec {
  return crd.spec?.versions.find(({ storage }: Spec) => storage)
}

/** Names the best version that is served instead, if there is a better one. */
function deprecationOf({ name }: Spec, { group, names, versions }: Spec): string {
  const [better] = (versions as Spec[])
    .filter((version) => version.served && !version.deprecated && compareVersions(version.name, name) < 0)
    .map((version) => version.name)
    .toSorted(compareVersions)
  const use = better === undefined ? '' : `; use ${group}/${better} ${names.kind}`
  return `${group}/${name} ${names.kind} is deprecated${use}`
}

/** The schemas of all versions, served or not; versions with the same share one. */
function schemasOf({ versions, preserveUnknownFields }: Spec): Map<string, SchemaNode> {
  const schemas = new Map<string, SchemaNode>()
  if (preserveUnknownFields === true) return schemas
  const seen: [openApi: unknown, node: SchemaNode][] = []
  for (const { name, schema } of versions as Spec[]) {
    const openApi = schema?.openAPIV3Schema
    if (!openApi) continue
    const known = seen.find(([one]) => equalJson(one, openApi))
    const node = known?.[1] ?? crdSchema(openApi)
    if (!known) seen.push([openApi, node])
    schemas.set(name, node)
  }
  return schemas
}

function subresourcesOf({ subresources }: Spec, kind: Subresource['kind']): Subresource[] {
  const verbs = ['get', 'patch', 'update']
  return [
    ...(subresources?.status ? [{ name: 'status', kind, verbs }] : []),
    ...(subresources?.scale
      ? [{ name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs }]
      : []),
  ]
}

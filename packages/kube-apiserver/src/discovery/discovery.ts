import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { byPreference } from '../api/media-types.ts'
import { noSuchPath } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'

/** Answers `/api`, `/apis`, `/api/v1`, `/apis/<group>` and `/apis/<group>/<version>`; false = the path is none of these. */
export function serveDiscovery(
  registry: ResourceRegistry,
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  const parts = path.split('/').filter(Boolean)
  const [root, group = '', version = ''] = parts
  if (root === 'api' && parts.length <= 2) {
    if (parts.length === 2) sendJson(response, 200, resourceList(registry, '', group))
    else sendRoot(registry, http, response, true)
    return true
  }
  if (root !== 'apis' || parts.length > 3) return false
  if (parts.length === 1) sendRoot(registry, http, response, false)
  else if (parts.length === 2)
    sendJson(response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, group) })
  else sendJson(response, 200, resourceList(registry, group, version))
  return true
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

function sendRoot(registry: ResourceRegistry, http: IncomingMessage, response: ServerResponse, core: boolean): void {
  const aggregated = byPreference(http.headers.accept ?? '').some(
    ({ type, parameters }) =>
      type === 'application/json' && parameters.as === 'APIGroupDiscoveryList' && parameters.v === 'v2',
  )
  if (aggregated) {
    sendJson(response, 200, aggregatedList(registry, core), { 'content-type': AGGREGATED, vary: 'Accept' })
    return
  }
  if (core) {
    const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: http.headers.host ?? '' }]
    sendJson(response, 200, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses })
    return
  }
  const groups = registry.groups().filter(({ name }) => name !== '')
  sendJson(response, 200, {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(({ name }) => apiGroup(registry, name)),
  })
}

function apiGroup(registry: ResourceRegistry, name: string) {
  const group = registry.groups().find((one) => one.name === name)
  if (!group || name === '') throw noSuchPath()
  const versions = group.versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

/** metav1.APIResourceList. */
function resourceList(registry: ResourceRegistry, group: string, version: string) {
  const resources = registry.all().filter((one) => one.group === group && one.version === version)
  if (resources.length === 0) throw noSuchPath()
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources: resources.flatMap(legacyResources),
  }
}

function legacyResources(resource: Resource) {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...resource.subresources.map((one) => ({
      name: `${plural}/${one.name}`,
      singularName: '',
      namespaced,
      ...(one.kind.group && { group: one.kind.group }),
      ...(one.kind.version && { version: one.kind.version }),
      kind: one.kind.kind,
      verbs: one.verbs,
    })),
  ]
}

/** apidiscovery.k8s.io/v2, all groups in one answer. */
function aggregatedList(registry: ResourceRegistry, core: boolean) {
  const groups = registry.groups().filter(({ name }) => (name === '') === core)
  const all = registry.all()
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { ...(name && { name }), creationTimestamp: null },
      versions: versions.map((version) => ({
        version,
        resources: all.filter((one) => one.group === name && one.version === version).map(discovered),
        freshness: 'Current',
      })),
    })),
  }
}

function discovered(resource: Resource) {
  const { plural, kind, singular, namespaced, verbs, shortNames, categories, subresources } = resource
  return {
    resource: plural,
    responseKind: { group: resource.group, version: resource.version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((one) => ({ subresource: one.name, responseKind: one.kind, verbs: one.verbs })),
    }),
  }
}

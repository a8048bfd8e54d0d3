import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { byPreference, negotiateOutput } from '../api/media-types.ts'
import { noSuchPath, PathNotServed } from '../api/status.ts'
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

/** Whether the form in which all groups come in one answer is preferred to the older one, and known. */
function wantsAggregated(accept = ''): boolean {
  const first = byPreference(accept).find(
    ({ type, parameters: { as, g, v } }) =>
      type === 'application/json' &&
      (as === undefined || (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && v === 'v2')),
  )
  return first?.parameters.as !== undefined
}

/** Clients keep the answer, and ask with its ETag whether it is still the same. */
function sendAggregated(
  registry: ResourceRegistry,
  http: IncomingMessage,
  response: ServerResponse,
  core: boolean,
): void {
  const text = JSON.stringify(aggregatedList(registry, core))
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' }
  if (http.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end()
    return
  }
  response
    .writeHead(200, { ...headers, 'content-type': AGGREGATED, 'content-length': Buffer.byteLength(text) })
    .end(text)
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

function sendRoot(registry: ResourceRegistry, http: IncomingMessage, response: ServerResponse, core: boolean): void {
  if (wantsAggregated(http.headers.accept)) {
    sendAggregated(registry, http, response, core)
    return
  }
  negotiateOutput(http.headers.accept, ['object'])
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
  if (!group || name === '') throw new PathNotServed()
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
      ...(stored(resource) && { storageVersionHash: storageVersionHash(resource) }),
    },
    ...resource.subresources.map((one) => ({
      name: `${plural}/${one.name}`,
      singularName: '',
      namespaced,
      ...(one.kind.kind !== kind && one.kind.version && { group: one.kind.group, version: one.kind.version }),
      kind: one.kind.kind,
      verbs: one.verbs,
    })),
  ]
}

/** Component statuses are found out when they are asked for. */
const stored = ({ verbs, group, plural }: Resource) =>
  verbs.includes('get') && !(group === '' && plural === 'componentstatuses')

/** Tells when objects are stored in another version (StorageVersionHash). Events of both groups are stored in one. */
function storageVersionHash({ group, storageVersion, kind, plural }: Resource): string {
  const stored = plural === 'events' ? `/v1/${kind}` : `${group}/${storageVersion}/${kind}`
  return createHash('sha256').update(stored).digest().subarray(0, 8).toString('base64')
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
      metadata: name ? { name } : {},
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
    responseKind: resource.custom
      ? { group: resource.group, version: resource.version, kind }
      : { group: '', version: '', kind },
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

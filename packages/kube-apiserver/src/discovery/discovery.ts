import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AggregatedApis } from '../aggregation/aggregated-apis.ts'
import { byPriority, localPriorities } from '../aggregation/api-service.ts'
import { sendDocument } from '../api/json-text.ts'
import { byPreference, negotiateOutput } from '../api/media-types.ts'
import { noSuchPath, notServed } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'
import type { Group, ResourceRegistry } from '../registry/resource-registry.ts'
import type { ReadDescriptions } from './descriptions.ts'

/** Where the groups come from. */
export interface Served {
  registry: ResourceRegistry
  aggregated: AggregatedApis
  descriptions: ReadDescriptions | undefined
}

function servedGroups({ registry, aggregated }: Served): Group[] {
  const own = registry.groups().flatMap(({ name, versions }) => versions.map((one) => localPriorities(name, one)))
  const all = new Map([...own, ...aggregated.all()].map((one) => [`${one.version}.${one.group}`, one]))
  return byPriority([...all.values()])
}

/** Answers `/api`, `/apis`, `/api/v1`, `/apis/<group>` and `/apis/<group>/<version>`; false = the path is none of these. */
export function serveDiscovery(served: Served, http: IncomingMessage, response: ServerResponse, path: string): boolean {
  const parts = path.split('/').filter(Boolean)
  const [root, group = '', version = ''] = parts
  if (root === 'api' && parts.length <= 2) {
    if (parts.length === 2) sendDocument(response, resourceList(served.registry, '', group))
    else sendRoot(served, http, response, true)
    return true
  }
  if (root !== 'apis' || parts.length > 3) return false
  if (parts.length === 1) sendRoot(served, http, response, false)
  else if (parts.length === 2)
    sendDocument(response, { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(served, group) })
  else sendDocument(response, resourceList(served.registry, group, version))
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
function sendAggregated(served: Served, http: IncomingMessage, response: ServerResponse, core: boolean): void {
  const text = `${JSON.stringify(aggregatedList(served, core))}\n`
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

function sendRoot(served: Served, http: IncomingMessage, response: ServerResponse, core: boolean): void {
  if (wantsAggregated(http.headers.accept)) {
    sendAggregated(served, http, response, core)
    return
  }
  negotiateOutput(http.headers.accept, ['object'])
  if (core) {
    const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: http.headers.host ?? '' }]
    sendDocument(response, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses })
    return
  }
  const groups = servedGroups(served).filter(({ name }) => name !== '')
  sendDocument(response, {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(({ name }) => apiGroup(served, name)),
  })
}

function apiGroup(served: Served, name: string) {
  const group = servedGroups(served).find((one) => one.name === name)
  if (!group || name === '') throw notServed()
  const versions = group.versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

/** metav1.APIResourceList. */
function resourceList(registry: ResourceRegistry, group: string, version: string) {
  const resources = registry.all().filter((one) => one.group === group && one.version === version)
  if (resources.length === 0) throw registry.isBuiltin(group) ? noSuchPath() : notServed()
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources: resources.flatMap(legacyResources),
  }
}

function legacyResources(resource: Resource) {
  const { plural, singular, namespaced, kind, shortNames, categories } = resource
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: verbsOf(resource),
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

/** Of what goes with its definition, nothing is told that makes or changes it. */
const verbsOf = ({ verbs, custom }: Resource): string[] =>
  custom?.isTerminating ? verbs.filter((verb) => !['patch', 'create', 'update'].includes(verb)) : verbs

/** Component statuses are found out when they are asked for. */
const stored = ({ verbs, group, plural }: Resource) =>
  verbs.includes('get') && !(group === '' && plural === 'componentstatuses')

/** Tells when objects are stored in another version (StorageVersionHash). Events of both groups are stored in one. */
function storageVersionHash({ group, storageVersion, kind, plural }: Resource): string {
  const stored = plural === 'events' ? `/v1/${kind}` : `${group}/${storageVersion}/${kind}`
  return createHash('sha256').update(stored).digest().subarray(0, 8).toString('base64')
}

/** apidiscovery.k8s.io/v2, all groups in one answer. */
function aggregatedList(served: Served, core: boolean) {
  const groups = servedGroups(served).filter(({ name }) => (name === '') === core)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name ? { name } : {},
      versions: versions.map((version) => discoveredVersion(served, name, version)),
    })),
  }
}

/** Of a server behind this one that is not there, what it served the last time. */
function discoveredVersion({ registry, aggregated }: Served, group: string, version: string) {
  const elsewhere = aggregated.find(group, version)
  if (elsewhere) {
    const resources = aggregated.servedBy(elsewhere)?.resources ?? []
    return { version, resources, freshness: elsewhere.available ? 'Current' : 'Stale' }
  }
  const own = registry.all().filter((one) => one.group === group && one.version === version)
  return { version, resources: own.map(discovered), freshness: 'Current' }
}

function discovered(resource: Resource) {
  const { plural, kind, singular, namespaced, shortNames, categories, subresources } = resource
  return {
    resource: plural,
    responseKind: resource.custom
      ? { group: resource.group, version: resource.version, kind }
      : { group: '', version: '', kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(resource),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((one) => ({ subresource: one.name, responseKind: one.kind, verbs: one.verbs })),
    }),
  }
}

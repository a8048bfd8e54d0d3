import type { IncomingMessage, ServerResponse } from 'node:http'
import { serveIssuerDiscovery } from './access/issuer-discovery.ts'
import type { TokenIssuer } from './access/service-account-tokens.ts'
import { sendRaw } from './api/json-text.ts'
import { methodNotSupported, notServed } from './api/status.ts'
import { type Served, serveDiscovery } from './discovery/discovery.ts'
import { serveOpenApi } from './discovery/serve-openapi.ts'
import { healthPaths, serveHealth } from './health.ts'
import type { ResourceRegistry } from './registry/resource-registry.ts'
import { SERVER_VERSION } from './server-version.ts'

/** What is there to be read only; a health check answers to any method. */
const READ_ONLY = /^\/(?:version\/?|apis?(?:\/.*)?)$/

/** Serves what is no object: health, version, discovery and OpenAPI. Throws 404 and 405. */
export async function serveNonResource(
  served: Served & { issuer: TokenIssuer },
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const { registry, issuer } = served
  if (serveHealth(http, response, path)) return
  if (READ_ONLY.test(path) && http.method !== 'GET') throw methodNotSupported(undefined, http.method ?? '')
  if (path === '/version' || path === '/version/') return sendRaw(response, SERVER_VERSION)
  if (await serveOpenApi(served, http, response, path)) return
  if (path === '/') return sendRaw(response, { paths: rootPaths(registry) })
  if (serveIssuerDiscovery(issuer, http, response, path)) return
  if (!serveDiscovery(served, http, response, path)) throw notServed()
}

function rootPaths(registry: ResourceRegistry): string[] {
  const groups = registry
    .groups()
    .flatMap(({ name, versions }) =>
      name
        ? [`/apis/${name}`, ...versions.map((version) => `/apis/${name}/${version}`)]
        : versions.map((version) => `/api/${version}`),
    )
  return [
    '/.well-known/openid-configuration',
    '/api',
    '/apis',
    '/apis/',
    ...groups,
    ...healthPaths,
    '/openapi/v2',
    '/openapi/v3',
    '/openid/v1/jwks',
    '/version',
  ].toSorted()
}

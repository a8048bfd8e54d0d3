import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { serveIssuerDiscovery } from './access/issuer-discovery.ts'
import type { TokenIssuer } from './access/service-account-tokens.ts'
import { notServed } from './api/status.ts'
import { type Served, serveDiscovery } from './discovery/discovery.ts'
import { serveOpenApi } from './discovery/serve-openapi.ts'
import type { ResourceRegistry } from './registry/resource-registry.ts'
import { SERVER_VERSION } from './server-version.ts'

const HEALTH = /^\/(healthz|livez|readyz)(\/|$)/

/** Serves what is no object: health, version, discovery and OpenAPI. Throws 404. */
export async function serveNonResource(
  served: Served & { issuer: TokenIssuer },
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const { registry, issuer } = served
  if (HEALTH.test(path)) return sendHealth(http, response, path)
  if (path === '/version' || path === '/version/') return sendJson(response, 200, SERVER_VERSION)
  if (await serveOpenApi(served, http, response, path)) return
  if (path === '/') return sendJson(response, 200, { paths: rootPaths(registry) })
  if (serveIssuerDiscovery(issuer, http, response, path)) return
  if (!serveDiscovery(served, http, response, path)) throw notServed()
}

const CHECKS = ['ping', 'log', 'etcd', 'informer-sync']

/** The server answers only when all is up, so that every check is fine. */
function sendHealth(http: IncomingMessage, response: ServerResponse, path: string): void {
  const [, endpoint = '', check] = path.split('/')
  if (check && !CHECKS.includes(check)) throw notServed()
  const verbose = /[?&]verbose\b/.test(http.url ?? '') && !check
  const lines = CHECKS.map((one) => `[+]${one} ok\n`).join('')
  response
    .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .end(verbose ? `${lines}${endpoint} check passed\n` : 'ok')
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
    ...groups,
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/openid/v1/jwks',
    '/readyz',
    '/version',
  ].toSorted()
}

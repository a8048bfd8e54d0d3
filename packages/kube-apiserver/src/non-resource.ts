import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { noSuchPath } from './api/status.ts'
import { serveDiscovery } from './discovery/discovery.ts'
import { openApiIndex, openApiV2Text, openApiV3 } from './discovery/openapi.ts'
import type { ResourceRegistry } from './registry/resource-registry.ts'

/** What `kubectl version` and Helm's capabilities see: the tables of this version are what is served. */
export const SERVER_VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: `${process.platform === 'win32' ? 'windows' : process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}

const HEALTH = /^\/(healthz|livez|readyz)(\/|$)/

/** Serves what is no object: health, version, discovery and OpenAPI. Throws 404. */
export async function serveNonResource(
  registry: ResourceRegistry,
  http: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  if (HEALTH.test(path)) return sendHealth(http, response, path)
  if (path === '/version' || path === '/version/') return sendJson(response, 200, SERVER_VERSION)
  if (path === '/openapi/v2') return await sendOpenApiV2(registry, http, response)
  if (path === '/openapi/v3' || path === '/openapi/v3/') return sendJson(response, 200, openApiIndex(registry))
  if (path.startsWith('/openapi/v3/')) {
    const document = await openApiV3(registry, path.slice('/openapi/v3/'.length))
    if (document) return sendJson(response, 200, document)
  }
  if (path === '/') return sendJson(response, 200, { paths: rootPaths(registry) })
  if (!serveDiscovery(registry, http, response, path)) throw noSuchPath()
}

const CHECKS = ['ping', 'log', 'etcd', 'informer-sync']

/** The server answers only when all is up, so that every check is fine. */
function sendHealth(http: IncomingMessage, response: ServerResponse, path: string): void {
  const [, endpoint = '', check] = path.split('/')
  if (check && !CHECKS.includes(check)) throw noSuchPath()
  const verbose = /[?&]verbose\b/.test(http.url ?? '') && !check
  const lines = CHECKS.map((one) => `[+]${one} ok\n`).join('')
  response
    .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    .end(verbose ? `${lines}${endpoint} check passed\n` : 'ok')
}

/** Clients ask again and again with the ETag they have, which spares them more than a megabyte. */
async function sendOpenApiV2(
  registry: ResourceRegistry,
  http: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { text, etag } = await openApiV2Text(registry)
  const headers = { etag, vary: 'Accept' }
  if (http.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end()
    return
  }
  response
    .writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
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
    '/api',
    '/apis',
    ...groups,
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ].toSorted()
}

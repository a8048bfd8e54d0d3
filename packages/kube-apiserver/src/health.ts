import type { IncomingMessage, ServerResponse } from 'node:http'
import { notServed } from './api/status.ts'
import type { Metric } from './metrics/exposition.ts'

const HEALTH = /^\/(healthz|livez|readyz)(?:\/(.+))?$/

/** What the server has done before it answers at all, as Kubernetes calls it. */
const STARTED = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`)

const BASE = ['ping', 'log', 'etcd']
const OPENAPI = ['apiservice-openapi-controller', 'apiservice-openapiv3-controller'].map(
  (name) => `poststarthook/${name}`,
)
const REST = [...STARTED, 'autoregister-completion', ...OPENAPI]
const CHECKS = {
  healthz: [...BASE, ...REST],
  livez: [...BASE, ...REST],
  readyz: [...BASE, 'etcd-readiness', 'informer-sync', ...REST, 'shutdown'],
}
type Endpoint = keyof typeof CHECKS

/** What `/metrics/slis` says of the checks: they are fine (component-base's metrics/prometheus/slis). */
export const healthMetric: Metric = {
  name: 'kubernetes_healthcheck',
  help: '[STABLE] This metric records the result of a single healthcheck.',
  type: 'gauge',
  samples: Object.entries(CHECKS).flatMap(([type, checks]) =>
    checks.map((name) => ({ labels: { name, type }, value: 1 })),
  ),
}

/** The paths of all checks. */
export const healthPaths: readonly string[] = Object.entries(CHECKS).flatMap(([endpoint, checks]) => [
  `/${endpoint}`,
  ...checks.map((check) => `/${endpoint}/${check}`),
])

/**
 * Answers `/healthz`, `/livez` and `/readyz`, whole or one check of them; false = the path is none of these. The server answers
 * only when all is up, so every check is fine. Throws 404 for a check that there is not.
 */
export function serveHealth(http: IncomingMessage, response: ServerResponse, path: string): boolean {
  const [, endpoint, check] = HEALTH.exec(path) ?? []
  if (!endpoint) return false
  const checks = CHECKS[endpoint as Endpoint]
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  if (check) {
    if (!checks.includes(check)) throw notServed()
    response.writeHead(200, headers).end('ok')
    return true
  }
  const body = answerOf(endpoint, checks, new URLSearchParams(http.url?.split('?')[1]))
  response.writeHead(200, { ...headers, 'x-content-type-options': 'nosniff' }).end(body)
  return true
}

/** `exclude` leaves checks out, which `verbose` tells (apiserver's healthz.handleRootHealth). */
function answerOf(endpoint: string, checks: readonly string[], query: URLSearchParams): string {
  if (!query.has('verbose')) return 'ok'
  const excluded = query.getAll('exclude').filter(Boolean)
  const lines = checks.map((check) => (excluded.includes(check) ? `[+]${check} excluded: ok\n` : `[+]${check} ok\n`))
  const unknown = excluded.filter((name) => !checks.includes(name))
  const warning = `warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => `"${name}"`).join(', ')}\n`
  return `${lines.join('')}${unknown.length > 0 ? warning : ''}${endpoint} check passed\n`
}

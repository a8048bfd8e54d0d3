import { ACR_ENDPOINTS } from '../acr/routes.ts'
import { TOKEN_ENDPOINTS } from '../auth/token-routes.ts'
import { CARE_ENDPOINTS } from '../collect/routes.ts'
import { CHART_MUSEUM_ENDPOINTS } from '../helm/chart-museum.ts'
import { HELM_ENDPOINTS } from '../helm/routes.ts'
import { OCI_ENDPOINTS } from '../oci/routes.ts'
import { WEBHOOK_ENDPOINTS } from '../webhooks/routes.ts'

/** What a test puts for that which varies in a path. */
const EXAMPLES: Record<string, string> = {
  name: 'a',
  reference: '1',
  digest: `sha256:${'0'.repeat(64)}`,
  id: 'x',
  repo: 'repo',
  chart: 'a',
  version: '1.0.0',
  part: 'values',
  file: 'a-1.0.0.tgz',
}

/** One request for everything that the registry serves: method and path. */
export const endpoints: [method: string, path: string][] = [
  ...OCI_ENDPOINTS,
  ...CARE_ENDPOINTS,
  ...WEBHOOK_ENDPOINTS,
  ...ACR_ENDPOINTS,
  ...TOKEN_ENDPOINTS,
  ...HELM_ENDPOINTS,
  // ChartMuseum's clients leave the repository's name out, or put the server's context path before all.
  ...CHART_MUSEUM_ENDPOINTS.flatMap((endpoint) => [
    endpoint,
    endpoint.replace('{repo}/', ''),
    endpoint.replace('/api/', '/helm/v1/api/'),
  ]),
  'GET /v2',
  'GET /health',
  'GET /metrics',
].map((endpoint) => {
  const [method = '', path = ''] = endpoint.split(' ')
  return [method, path.replaceAll(/{(\w+)}/g, (_, part: string) => exampleOf(part, method))]
})

function exampleOf(part: string, method: string): string {
  // An upload gets its id by being started.
  if (part === 'id' && method === 'POST') return ''
  const example = EXAMPLES[part]
  if (example === undefined) throw new Error(`there is no example of {${part}}`)
  return example
}

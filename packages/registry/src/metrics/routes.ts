import type { Guard } from '../auth/guard.ts'
import type { Incoming } from '../exchange.ts'
import type { Metrics } from './metrics.ts'

/** `/metrics`, for Prometheus. Whoever may read everything may read them; Prometheus has `basic_auth` and `authorization` for that. */
export async function serveMetrics(
  { guard, metrics }: { guard: Guard; metrics: Metrics },
  incoming: Incoming,
): Promise<void> {
  await guard.admit(incoming, { type: 'registry', name: 'metrics', actions: ['*'] })
  const { text, contentType } = await metrics.text()
  incoming.response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text)
}

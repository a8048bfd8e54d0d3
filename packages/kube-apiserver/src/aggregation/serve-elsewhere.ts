import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { User } from '../api/request.ts'
import { PlainError, StatusError } from '../api/status.ts'
import { forwardRequest, forwardUpgrade, passOn } from '../proxy/forward.ts'
import type { AggregatedApis } from './aggregated-apis.ts'
import type { ApiService } from './api-service.ts'

/** By whom another server is asked, and for what. */
export interface ElsewhereRequest {
  aggregated: AggregatedApis
  service: ApiService
  http: IncomingMessage
  user: User
}

/** Of a path below `/apis/<group>/<version>`, or of its OpenAPI document, when another server serves it. */
export function servedElsewhere(aggregated: AggregatedApis, path: string): ApiService | undefined {
  const [, group, version] = /^(?:\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)/.exec(path) ?? []
  return group && version ? aggregated.find(group, version) : undefined
}

/** Hands a request on to the server behind an APIService (kube-aggregator's proxyHandler). */
export async function serveElsewhere(request: ElsewhereRequest, response: ServerResponse): Promise<void> {
  const { aggregated, service, http, user } = request
  const backend = aggregated.backend(service, http.url ?? '/', user)
  const answer = await forwardRequest(http, response, backend).catch((error: unknown) => {
    throw error instanceof StatusError ? new PlainError(503, error.message) : error
  })
  await passOn(answer, response)
}

/** The same for an upgrade. */
export function upgradeElsewhere(request: ElsewhereRequest, socket: Duplex, head: Buffer): void {
  const { aggregated, service, http, user } = request
  forwardUpgrade(http, socket, head, aggregated.backend(service, http.url ?? '/', user))
}

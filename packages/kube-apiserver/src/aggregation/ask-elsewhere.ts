import { request } from 'node:https'
import type { User } from '../api/request.ts'
import { sendElsewhere } from '../api/send-elsewhere.ts'
import type { AggregatedApis } from './aggregated-apis.ts'
import type { ApiService } from './api-service.ts'

/** As whom this server asks for itself. */
const AGGREGATOR: User = { name: 'system:kube-aggregator', groups: ['system:masters'] }

const TIMEOUT_MS = 5_000

export interface Question {
  path: string
  /** @default GET */
  method?: string
  /** Whether the server behind must prove who it is. */
  verified: boolean
}

/** The JSON with which the server behind an APIService answers. Throws an Error for anything else, in the aggregator's words. */
export async function askElsewhere(
  aggregated: AggregatedApis,
  service: ApiService,
  { path, method = 'GET', verified }: Question,
): Promise<unknown> {
  const backend = aggregated.locate(service, path, AGGREGATOR)
  if (typeof backend === 'string') throw new Error(backend)
  const { host, port, tls, headers } = backend
  try {
    return await answerTo({
      ...tls,
      ...(!verified && { rejectUnauthorized: false }),
      host,
      port,
      path,
      method,
      headers: { ...headers, accept: 'application/json' },
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    throw new Error(`failing or missing response from https://${host}:${port}${path}: ${(error as Error).message}`)
  }
}

async function answerTo(options: object): Promise<unknown> {
  const { status, text } = await sendElsewhere((onResponse) => request(options, onResponse))
  if (status < 200 || status >= 300) throw new Error(`bad status: ${status}`)
  return JSON.parse(text)
}

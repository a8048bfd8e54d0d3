import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { posix } from 'node:path'
import { networkFault } from '@slipway/errors'
import type { RevisionStore } from '@slipway/storage'
import type { Deadline } from '../../api/request-timeout.ts'
import { type Answer, BrokenAnswer, sendElsewhere } from '../../api/send-elsewhere.ts'
import type { Spec } from '../../defaults/spec.ts'
import { serviceAddress } from '../../proxy/service-address.ts'
import { isIssuedAfterAll, trustingIssued } from './issued-trust.ts'
import { answerFault } from './server-answer.ts'

/** Where and for how long a webhook is asked. */
export interface WebhookCall {
  /** `clientConfig` of the configuration. */
  client: Spec
  seconds: number
  /** When whoever asks must have their answer, if that is earlier. */
  deadline?: Deadline
}

/** After as many redirects Go gives up. */
const MOST_REDIRECTS = 10

/** Posts JSON to a webhook and gives the text of its answer. Throws an Error with the words of Go's HTTP client, and client-go's. */
export async function callWebhook(
  store: RevisionStore,
  { client, seconds, deadline }: WebhookCall,
  body: unknown,
): Promise<string> {
  const left = (deadline?.at ?? Number.POSITIVE_INFINITY) - performance.now()
  const milliseconds = Math.max(0, Math.ceil(Math.min(seconds * 1000, left)))
  const target = locate(store, client)
  const shown = new URL(target.url)
  shown.searchParams.set('timeout', `${Math.ceil(milliseconds / 1000)}s`)
  // A URL leaves the port of its scheme out, which Go shows as it was given.
  const first = `${target.url}${shown.search}`
  if (!target.host) throw faultAt(first, target.problem ?? 'no endpoints available')
  const address = { host: target.host, port: target.port ?? 443 }
  const bundle = Buffer.from(client.caBundle ?? '', 'base64').toString()
  const how = { bundle, signal: AbortSignal.timeout(milliseconds) }
  let call: Call = { shown: first, url: shown, address, method: 'POST', text: JSON.stringify(body) }
  for (let redirects = 1; ; redirects++) {
    const answer = await send(call, how)
    const next = redirected(call, answer)
    if (!next) return textOf(answer)
    if (redirects === MOST_REDIRECTS) throw faultAt(answer.location, `stopped after ${MOST_REDIRECTS} redirects`)
    // Only the webhook itself is found by its Service.
    call = next.url.host === shown.host ? { ...next, address } : next
  }
}

const faultAt = (url: string, why: string) => new Error(`Post "${url}": ${why}`)

/** One request of a call, which redirects may make more of. */
interface Call {
  /** The URL as errors name it. */
  shown: string
  url: URL
  address: { host: string; port: number }
  method: 'POST' | 'GET'
  text: string
}

async function send(
  { shown, url, address, method, text }: Call,
  { bundle, signal }: { bundle: string; signal: AbortSignal },
): Promise<Answer> {
  const open = url.protocol === 'http:' ? httpRequest : httpsRequest
  const server = { ...address, servername: serverName(url.hostname) }
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  const options = {
    ...server,
    method,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, accept: 'application/json', ...(text && type) },
    agent: false as const,
    signal,
  }
  const ask = () =>
    sendElsewhere((onResponse) => open({ ...options, ...(bundle && trustingIssued(bundle)) }, onResponse), text)
  const why = (error: Error) => (signal.aborted ? 'context deadline exceeded' : networkFault(error))
  return await ask()
    .catch(async (error: Error) => {
      if (await isIssuedAfterAll(error, bundle, server)) return await ask()
      throw error
    })
    .catch((error: Error) => {
      if (!(error instanceof BrokenAnswer)) throw faultAt(shown, why(error))
      const original = signal.aborted ? 'context deadline exceeded' : error.message
      throw new Error(`unexpected error when reading response body. Please retry. Original error: ${original}`)
    })
}

/** Where an answer sends the client; what 307 and 308 do not ask for again is asked for with GET (net/http's redirectBehavior). */
function redirected({ shown, url, method, text }: Call, { status, location }: Answer): Call | undefined {
  if (!location || ![301, 302, 303, 307, 308].includes(status)) return undefined
  if (!URL.canParse(location, url.href))
    throw faultAt(shown, `failed to parse Location header ${JSON.stringify(location)}`)
  const next = new URL(location, url)
  const same = status >= 307 ? { method, text } : { method: 'GET' as const, text: '' }
  return { shown: next.href, url: next, address: addressOf(next), ...same }
}

function textOf({ status, type, text }: Answer): string {
  if (status < 200 || status > 206) throw new Error(answerFault(status, type, text))
  if (text) return text
  throw new Error(`0-length response with status code: ${status} and content type: ${type || 'application/json'}`)
}

/** An address has no name for the server to tell by which certificate is wanted. */
const serverName = (hostname: string): string => (/^[\d.:]+$/.test(hostname) ? '' : hostname)

interface Location {
  url: string
  host?: string
  port?: number
  problem?: string
}

function locate(store: RevisionStore, { url, service }: Spec): Location {
  if (url) {
    const parsed = new URL(url)
    const [origin] = /^\w+:\/\/[^/]*/.exec(url) ?? []
    return { url: `${origin}${cleanPath(parsed.pathname)}`, ...addressOf(parsed) }
  }
  const { namespace, name, path = '/', port = 443 } = service ?? {}
  const shown = `https://${name}.${namespace}.svc:${port}${cleanPath(path)}`
  const address = serviceAddress(store, { namespace, name, port })
  if (typeof address === 'string') return { url: shown, problem: address }
  return { url: shown, ...address }
}

const addressOf = ({ hostname, port, protocol }: URL): { host: string; port: number } => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port || (protocol === 'http:' ? 80 : 443)),
})

/** As client-go joins it (path.Join): envtest, for one, gives addresses with two slashes. */
function cleanPath(path: string): string {
  const joined = posix.join('/', path)
  return joined === '/' ? joined : joined.replace(/\/$/, '')
}

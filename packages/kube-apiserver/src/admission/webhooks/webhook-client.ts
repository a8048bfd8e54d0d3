import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { posix } from 'node:path'
import { networkFault } from '@slipway/errors'
import type { RevisionStore } from '@slipway/storage'
import { checkDeadline, type Deadline } from '../../api/request-timeout.ts'
import { sendElsewhere } from '../../api/send-elsewhere.ts'
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

/** Posts JSON to a webhook and gives its JSON answer. Throws an Error with the words of Go's HTTP client. */
export async function callWebhook(
  store: RevisionStore,
  { client, seconds, deadline }: WebhookCall,
  body: unknown,
): Promise<Spec> {
  checkDeadline(deadline)
  const milliseconds = Math.min(seconds * 1000, (deadline?.at ?? Number.POSITIVE_INFINITY) - performance.now())
  const target = locate(store, client)
  const shown = new URL(target.url)
  shown.searchParams.set('timeout', `${Math.ceil(milliseconds / 1000)}s`)
  // A URL leaves the port of its scheme out, which Go shows as it was given.
  const fault = (why: string) => new Error(`Post "${target.url}${shown.search}": ${why}`)
  if (!target.host) throw fault(target.problem ?? 'no endpoints available')
  const text = JSON.stringify(body)
  const send = shown.protocol === 'http:' ? httpRequest : httpsRequest
  const abort = AbortSignal.timeout(Math.ceil(milliseconds))
  const bundle = Buffer.from(client.caBundle ?? '', 'base64').toString()
  const server = { host: target.host, port: target.port ?? 443, servername: serverName(shown.hostname) }
  const options = {
    ...server,
    method: 'POST',
    path: `${shown.pathname}${shown.search}`,
    headers: {
      host: shown.host,
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    },
    agent: false as const,
    signal: abort,
  }
  const ask = () =>
    sendElsewhere((onResponse) => send({ ...options, ...(bundle && trustingIssued(bundle)) }, onResponse), text)
  const answer = await ask()
    .catch(async (error: Error) => {
      if (await isIssuedAfterAll(error, bundle, server)) return await ask()
      throw error
    })
    .catch((error: Error) => {
      throw fault(abort.aborted ? 'context deadline exceeded' : networkFault(error))
    })
  const { status, type, text: said } = answer
  if (status < 200 || status > 206) throw new Error(answerFault(status, type, said))
  return JSON.parse(answer.text)
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
    const { hostname, port, protocol, pathname } = new URL(url)
    const [origin] = /^\w+:\/\/[^/]*/.exec(url) ?? []
    const shown = `${origin}${cleanPath(pathname)}`
    return {
      url: shown,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'http:' ? 80 : 443)),
    }
  }
  const { namespace, name, path = '/', port = 443 } = service ?? {}
  const shown = `https://${name}.${namespace}.svc:${port}${cleanPath(path)}`
  const address = serviceAddress(store, { namespace, name, port })
  if (typeof address === 'string') return { url: shown, problem: address }
  return { url: shown, ...address }
}

/** As client-go joins it (path.Join): envtest, for one, gives addresses with two slashes. */
function cleanPath(path: string): string {
  const joined = posix.join('/', path)
  return joined === '/' ? joined : joined.replace(/\/$/, '')
}

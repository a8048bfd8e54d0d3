import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { timerDelay } from '@slipway/controller-runtime'
import { messageOf, networkFault } from '@slipway/errors'
import type { HttpGetAction } from '../../model/pod.ts'
import type { ProbeResult } from './probe-action.ts'

/** In the words of Go's HTTP client, as all that can go wrong with the network. */
const LATE = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
const MOST_REDIRECTS = 10
/** Of an answer's body in bytes (kubelet, probe/http). */
const MOST_BODY = 10 * 1024

interface Address {
  host: string
  port: number
}

/** One GET; every answer from 200 to 399 is good. One that breaks off says nothing. */
export async function httpProbe(action: HttpGetAction, address: Address, timeout: number): Promise<ProbeResult> {
  let answer: IncomingMessage
  try {
    answer = await ask(action, address, { agent: 'kube-probe/1.34', timeout })
  } catch (error) {
    return { success: false, output: messageOf(error) }
  }
  try {
    return verdict(answer.statusCode ?? 0, await readBeginning(answer))
  } catch (error) {
    return { success: false, output: messageOf(error), errored: 'failure' }
  }
}

/** One GET, whatever is answered to it (kubelet, lifecycle/handlers.go). Throws when nothing is in time. */
export async function httpHook(action: HttpGetAction, address: Address, timeout: number): Promise<void> {
  const answer = await ask(action, address, { agent: 'kube-lifecycle/1.34', timeout })
  await readBeginning(answer).catch(() => {})
}

function verdict(status: number, body: string): ProbeResult {
  const success = status >= 200 && status < 400
  if (success && status >= 300) {
    return { success, output: `Probe terminated redirects, Response body: ${body}`, warning: true }
  }
  return { success, output: success ? '' : `HTTP probe failed with statuscode: ${status}` }
}

/** Follows redirects as long as they stay at the pod. */
async function ask(
  { path = '/', scheme = 'HTTP', httpHeaders = [] }: HttpGetAction,
  { host, port }: Address,
  { agent, timeout }: { agent: string; timeout: number },
): Promise<IncomingMessage> {
  const own = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]))
  const headers = { 'user-agent': agent, accept: '*/*', connection: 'close', ...own }
  const signal = AbortSignal.timeout(timerDelay(timeout))
  let url = new URL(`${scheme.toLowerCase()}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`)
  for (let redirects = 0; ; redirects++) {
    const answer = await get(url, headers, signal).catch((error: Error) => {
      throw new Error(`Get "${url}": ${signal.aborted ? LATE : networkFault(error)}`, { cause: error })
    })
    const { statusCode = 0, headers: sent } = answer
    const next = statusCode >= 300 && statusCode < 400 && sent.location ? new URL(sent.location, url) : undefined
    if (!next || next.hostname !== url.hostname) return answer
    answer.destroy()
    if (redirects === MOST_REDIRECTS) throw new Error(`Get "${next}": stopped after ${MOST_REDIRECTS} redirects`)
    url = next
  }
}

function get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    // As the kubelet: what is asked is whether the pod answers.
    const request = send(url, { headers, agent: false, signal, rejectUnauthorized: false }, resolve)
    request.on('error', reject)
    request.end()
  })
}

/** An endless answer is as good as its beginning. */
async function readBeginning(answer: IncomingMessage): Promise<string> {
  let body = Buffer.alloc(0)
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    body = Buffer.concat([body, chunk])
    if (body.length > MOST_BODY) break
  }
  return body.toString('utf8', 0, MOST_BODY)
}

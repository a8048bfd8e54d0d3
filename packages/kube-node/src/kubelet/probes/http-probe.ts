import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { messageOf } from '@slipway/errors'
import type { HttpGetAction } from '../../model/pod.ts'
import type { ProbeResult } from './probe-action.ts'

const MOST_REDIRECTS = 10

interface Address {
  host: string
  port: number
}

/** One GET; every answer from 200 to 399 is good, and redirects are followed as long as they stay at the pod. */
export async function httpProbe(
  { path = '/', scheme = 'HTTP', httpHeaders = [] }: HttpGetAction,
  address: Address,
  timeout: number,
): Promise<ProbeResult> {
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]))
  const signal = AbortSignal.timeout(timeout)
  let url = new URL(
    `${scheme.toLowerCase()}://${address.host}:${address.port}${path.startsWith('/') ? path : `/${path}`}`,
  )
  for (let redirects = 0; ; redirects++) {
    try {
      const { statusCode = 0, headers: answer } = await get(url, headers, signal)
      const next = statusCode >= 300 && statusCode < 400 && answer.location ? new URL(answer.location, url) : undefined
      if (!next || next.hostname !== url.hostname) return verdict(statusCode)
      if (redirects === MOST_REDIRECTS) return { success: false, output: `stopped after ${MOST_REDIRECTS} redirects` }
      url = next
    } catch (error) {
      return { success: false, output: `Get "${url}": ${messageOf(error)}` }
    }
  }
}

function verdict(status: number): ProbeResult {
  const success = status >= 200 && status < 400
  return { success, output: success ? '' : `HTTP probe failed with statuscode: ${status}` }
}

function get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        headers: { 'user-agent': 'kube-probe/1.34', accept: '*/*', connection: 'close', ...headers },
        agent: false,
        signal,
        // As the kubelet: what is asked is whether the pod answers.
        rejectUnauthorized: false,
      },
      (response) => {
        response.resume()
        resolve(response)
      },
    )
    request.on('error', reject)
    request.end()
  })
}

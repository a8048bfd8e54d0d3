import { STATUS_CODES } from 'node:http'
import { request } from 'undici'
import { connectionFault } from './connection-fault.ts'

/** A document of any web server, or why there is none. */
export type WebDocument =
  | { readonly kind: 'document'; readonly data: Buffer }
  /** An answer with another status than 200. */
  | { readonly kind: 'status'; readonly status: number; readonly reason: string }
  /** No answer, in the words of Go's HTTP client: `Get "https://…": …`. */
  | { readonly kind: 'unanswered'; readonly reason: string; readonly isRefused: boolean }
  /** An answer that ended before its time, or too late. */
  | { readonly kind: 'broken'; readonly reason: string; readonly isRefused: boolean }

/** How much is waited for and read. */
export interface WebLimits {
  /** Milliseconds for all of it. */
  readonly timeout: number
  /** Bytes. */
  readonly size: number
}

// Go, net/http: defaultCheckRedirect.
const REDIRECT_LIMIT = 10

/** Fetches an http or https address as Go's HTTP client does, redirects followed. Never throws for what the server or the network does. */
export async function fetchDocument(address: string, { timeout, size }: WebLimits): Promise<WebDocument> {
  const signal = AbortSignal.timeout(timeout)
  let url = new URL(address)
  for (let redirects = 1; ; redirects++) {
    const answer = await send(url, signal)
    if ('kind' in answer) return answer
    const { location } = answer.headers
    if (![301, 302, 303, 307, 308].includes(answer.statusCode) || typeof location !== 'string') {
      return read(answer, { signal, size })
    }
    await answer.body.dump()
    if (redirects === REDIRECT_LIMIT) return unanswered(location, `stopped after ${REDIRECT_LIMIT} redirects`, true)
    if (!URL.canParse(location, url.href))
      return unanswered(url.href, `failed to parse Location header "${location}"`, true)
    url = new URL(location, url)
    if (!/^https?:$/.test(url.protocol)) {
      return unanswered(location, `unsupported protocol scheme "${url.protocol.slice(0, -1)}"`, true)
    }
  }
}

type Answer = Awaited<ReturnType<typeof request>>

async function send(url: URL, signal: AbortSignal): Promise<Answer | WebDocument> {
  const { username, password } = url
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  try {
    return await request(url, {
      headers: { 'user-agent': 'slipway', ...(username !== '' && { authorization: `Basic ${login}` }) },
      signal,
    })
  } catch (error) {
    // As Go hides it.
    const shown = password === '' ? url.href : url.href.replace(`:${password}@`, ':***@')
    return unanswered(
      shown,
      signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : connectionFault(error),
      false,
    )
  }
}

function unanswered(address: string, reason: string, isRefused: boolean): WebDocument {
  return { kind: 'unanswered', reason: `Get "${address}": ${reason}`, isRefused }
}

async function read(answer: Answer, { signal, size }: { signal: AbortSignal; size: number }): Promise<WebDocument> {
  const { statusCode: status, body } = answer
  if (status !== 200) {
    await body.dump()
    return { kind: 'status', status, reason: STATUS_CODES[status] ?? '' }
  }
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length
      // Leaving the loop closes the connection.
      if (length > size) return { kind: 'broken', reason: `it has more than ${size} bytes`, isRefused: true }
      chunks.push(chunk)
    }
  } catch {
    const reason = signal.aborted
      ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
      : 'unexpected EOF'
    return { kind: 'broken', reason, isRefused: false }
  }
  return { kind: 'document', data: Buffer.concat(chunks) }
}

import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/** What the client of S3 needs of `fetch`, over the connections of an agent: those of Node's own fetch may be silent for 300 s. */
export function fetchThrough(agent: Agent): typeof fetch {
  return (input, { method = 'GET', headers, body } = {}) => {
    const url = new URL(String(input))
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest
    return new Promise((resolve, reject) => {
      send(url, { agent, method, headers: headers as Record<string, string> }, (answer) =>
        resolve(responseOf(answer, method)),
      )
        .once('error', reject)
        .end(body ?? undefined)
    })
  }
}

function responseOf(answer: IncomingMessage, method: string): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value))
  const { statusCode = 0, statusMessage = '' } = answer
  const isEmpty = method === 'HEAD' || statusCode === 204 || statusCode === 304
  // Its connection is free for the next request once it is read.
  if (isEmpty) answer.resume()
  const body = isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array> as globalThis.ReadableStream)
  return new Response(body, { status: statusCode, statusText: statusMessage, headers })
}

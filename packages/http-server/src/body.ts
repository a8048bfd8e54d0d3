import type { IncomingMessage, ServerResponse } from 'node:http'
import { UserError } from '@slipway/errors'

/** Chunks that are joined to one: a client may send its bytes one by one, and each would take some hundred of memory. */
const JOINED = 256

/** The whole body, at most `limit` bytes. Throws UserError BODY_TOO_LARGE past it; the request can still be answered. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  // Listeners in place of an iterator: this is asked for every write of every server.
  return new Promise((resolve, reject) => {
    const refuse = (): void => {
      request.off('data', take)
      reject(new UserError('BODY_TOO_LARGE', `the request body is larger than ${limit} bytes`))
    }
    const chunks: Buffer[] = []
    let size = 0
    let joined = 0
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      if (chunks.length - joined === JOINED) {
        chunks.push(Buffer.concat(chunks.splice(joined)))
        joined += 1
      }
      size += chunk.length
      if (size > limit) refuse()
    }
    if (Number(request.headers['content-length'] ?? 0) > limit) return refuse()
    request.on('data', take)
    request.once('error', reject)
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    const close = (): void => {
      if (!request.complete) reject(new Error('the client went away before the end of its request'))
    }
    if (request.destroyed) close()
    else request.once('close', close)
  })
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
    .end(text)
}

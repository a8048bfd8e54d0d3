import type { ClientRequest, IncomingMessage } from 'node:http'

/** More than any review of an object (3 MiB at most) or OpenAPI document of a group has. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** TLS options of a bundle of certificates: as in Go, each of them is trusted itself, be it an authority's or a server's own. */
export const trusting = (bundle: string): { ca: string; allowPartialTrustChain: true } => ({
  ca: bundle,
  allowPartialTrustChain: true,
})

/** What another server answered. */
export interface Answer {
  status: number
  type: string
  /** Empty without a redirect. */
  location: string
  text: string
}

/** An answer that has begun, and does not come to its end. */
export class BrokenAnswer extends Error {}

/** Sends a request to another server and reads its answer. Rejects when there is none, or one that is too large. */
export function sendElsewhere(
  open: (onResponse: (response: IncomingMessage) => void) => ClientRequest,
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = open((response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER_BYTES) response.destroy(new BrokenAnswer('the answer is too large'))
        else chunks.push(chunk)
      })
      response.on('error', (error) =>
        reject(error instanceof BrokenAnswer ? error : new BrokenAnswer('unexpected EOF', { cause: error })),
      )
      const { statusCode: status = 0, headers } = response
      const { 'content-type': type = '', location = '' } = headers
      response.on('end', () => resolve({ status, type, location, text: Buffer.concat(chunks).toString() }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

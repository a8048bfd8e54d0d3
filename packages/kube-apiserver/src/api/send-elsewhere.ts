import type { ClientRequest, IncomingMessage } from 'node:http'

/** More than any review of an object (3 MiB at most) or OpenAPI document of a group has. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** TLS options of a bundle of certificates: as in Go, each of them is trusted itself, be it an authority's or a server's own. */
export const trusting = (bundle: string): { ca: string; allowPartialTrustChain: true } => ({
  ca: bundle,
  allowPartialTrustChain: true,
})

/** Sends a request to another server and reads its answer. Rejects when there is none, or one that is too large. */
export function sendElsewhere(
  open: (onResponse: (response: IncomingMessage) => void) => ClientRequest,
  body = '',
): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const call = open((response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too large'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      const { statusCode: status = 0, headers } = response
      const type = headers['content-type'] ?? ''
      response.on('end', () => resolve({ status, type, text: Buffer.concat(chunks).toString() }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

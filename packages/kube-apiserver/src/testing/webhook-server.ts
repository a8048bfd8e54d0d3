import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CertificatePair, createCertificates } from '../certificates.ts'

export interface WebhookServer {
  /** For `clientConfig`. */
  client: { url: string; caBundle: string }
  /** The server's own certificate, as a bundle. */
  certificate: string
  stop(): void
}

// biome-ignore lint/suspicious/noExplicitAny: reviews as they come in.
type Respond = (request: any, path: string) => object

/** A webhook behind TLS. An answer with `silent` is never given. */
export async function startWebhookServer(
  kind: string,
  apiVersion: string,
  respond: Respond,
  certificates: Promise<{ ca: { cert: string }; server: CertificatePair }> = createCertificates({ now: new Date() }),
): Promise<WebhookServer> {
  const { ca, server } = await certificates
  const hook = createServer({ key: server.key, cert: server.cert }, (request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const review = JSON.parse(text)
      const answer = respond(review.request, request.url ?? '')
      if ('silent' in answer) return
      response.end(JSON.stringify({ kind, apiVersion, response: { uid: review.request.uid, ...answer } }))
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`
  return {
    client: { url, caBundle: Buffer.from(ca.cert).toString('base64') },
    certificate: Buffer.from(server.cert).toString('base64'),
    stop() {
      hook.closeAllConnections()
      hook.close()
    },
  }
}

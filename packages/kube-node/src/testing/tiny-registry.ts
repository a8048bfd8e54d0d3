import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Just enough of an OCI registry to push one image to and pull it from, for one user. */
export class TinyRegistry {
  readonly requests: string[] = []
  readonly #stored = new Map<string, { body: Buffer; type: string }>()
  readonly #authorization: string
  readonly #server: Server

  constructor(username: string, password: string) {
    this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { method = '', url = '' } = request
    this.requests.push(`${method} ${url}`)
    if (request.headers.authorization !== this.#authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="tiny"' }).end()
      return
    }
    const path = url.split('?')[0] ?? ''
    if (url === '/v2/') response.writeHead(200).end()
    else if (method === 'POST')
      response.writeHead(202, { location: `${path}${Date.now()}-${this.requests.length}` }).end()
    else if (method === 'PATCH') {
      this.#stored.set(path, { body, type: '' })
      response.writeHead(202, { location: path }).end()
    } else if (method === 'PUT') this.#finish(url, body, request, response)
    else this.#send(path, method, response)
  }

  #finish(url: string, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://registry')
    const digest = searchParams.get('digest')
    const content = digest ? Buffer.concat([this.#stored.get(pathname)?.body ?? Buffer.alloc(0), body]) : body
    const type = request.headers['content-type'] ?? ''
    const path = digest ? pathname.replace(/uploads\/.*/, digest) : pathname
    this.#stored.set(path, { body: content, type })
    const named = digest ?? `sha256:${createHash('sha256').update(content).digest('hex')}`
    if (!digest) this.#stored.set(path.replace(/[^/]+$/, named), { body: content, type })
    response.writeHead(201, { 'docker-content-digest': named }).end()
  }

  #send(path: string, method: string, response: ServerResponse): void {
    const found = this.#stored.get(path)
    if (!found) {
      response.writeHead(404).end()
      return
    }
    const digest = `sha256:${createHash('sha256').update(found.body).digest('hex')}`
    response.writeHead(200, {
      'content-type': found.type || 'application/octet-stream',
      'content-length': found.body.length,
      'docker-content-digest': digest,
    })
    response.end(method === 'HEAD' ? undefined : found.body)
  }
}

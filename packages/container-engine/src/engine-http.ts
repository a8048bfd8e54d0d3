import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { messageOf, type SlipwayError, TransientError, UserError } from '@slipway/errors'

export interface EngineRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Record<string, string | string[] | undefined>
  /** An object is sent as JSON. */
  body?: object
  /** Sent as a tar. */
  tar?: Readable
  headers?: Record<string, string>
  signal?: AbortSignal
}

/**
 * HTTP to an engine over its unix socket. Written on node:http because a session (exec, attach) needs the raw connection,
 * and because the server that is idle most of its life should not hold a client library in memory.
 */
export class EngineHttp {
  readonly socketPath: string

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  /** The answer, its body unread. Throws for every status from 400 on. */
  async stream(request: EngineRequest): Promise<IncomingMessage> {
    const response = await this.#send(request)
    const status = response.statusCode ?? 0
    if (status < 400) return response
    throw engineError(status, await readText(response), request)
  }

  async json<T>(request: EngineRequest): Promise<T> {
    const text = await readText(await this.stream(request))
    return (text.trim() === '' ? undefined : JSON.parse(text)) as T
  }

  /** Takes the connection itself over (status 101), as the Docker API does for exec and attach. */
  hijack(request: EngineRequest): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        ...this.#options(request),
        headers: { ...headersOf(request), connection: 'Upgrade', upgrade: 'tcp' },
      })
      outgoing.on('upgrade', (_response: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      outgoing.on('response', (response: IncomingMessage) => {
        readText(response).then((text) => reject(engineError(response.statusCode ?? 0, text, request)), reject)
      })
      outgoing.on('error', (error) => reject(this.#unavailable(error)))
      outgoing.end(request.body === undefined ? undefined : JSON.stringify(request.body))
    })
  }

  #send(request: EngineRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({ ...this.#options(request), headers: headersOf(request) }, resolve)
      outgoing.on('error', (error) => {
        reject(request.signal?.aborted ? request.signal.reason : this.#unavailable(error))
      })
      if (!request.tar) {
        outgoing.end(request.body === undefined ? undefined : JSON.stringify(request.body))
        return
      }
      request.tar.on('error', (error) => {
        reject(error)
        outgoing.destroy()
      })
      // Whoever fills it, from a registry for one, would wait for room in it for ever.
      outgoing.on('close', () => request.tar?.destroy())
      request.tar.pipe(outgoing)
    })
  }

  #options({ method, path, query, signal }: EngineRequest): RequestOptions {
    return {
      socketPath: this.socketPath,
      agent: false,
      method,
      path: path + queryString(query),
      ...(signal && { signal }),
    }
  }

  #unavailable(error: Error): SlipwayError {
    return new TransientError('ENGINE_UNAVAILABLE', `container engine at ${this.socketPath}: ${error.message}`, {
      cause: error,
      hint: 'start Docker, or podman system service',
    })
  }
}

/** Whether the engine said that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof UserError && error.code === 'ENGINE_NOT_FOUND'
}

export async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of body) chunks.push(chunk)
  } catch (error) {
    throw new TransientError('ENGINE_UNAVAILABLE', `the engine's answer was cut: ${messageOf(error)}`, { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function headersOf({ body, tar, headers }: EngineRequest): Record<string, string> {
  // Go's server needs a host name; over a unix socket any will do.
  const base = { host: 'engine', ...headers }
  if (tar) return { ...base, 'content-type': 'application/x-tar' }
  return body === undefined ? base : { ...base, 'content-type': 'application/json' }
}

function queryString(query: EngineRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((item): [string, string] => [name, item]),
  )
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''
}

function engineError(status: number, text: string, request: EngineRequest): SlipwayError {
  const message = `${engineMessage(text) || `HTTP status ${status}`} (${request.method} ${request.path})`
  // The latter is Podman's word where a removal was cut short: its state has the container, its storage has not.
  if (status === 404 || message.includes('container not known')) return new UserError('ENGINE_NOT_FOUND', message)
  // Podman answers 500 for a name that another container has.
  if (status === 409 || message.includes('already in use')) return new UserError('ENGINE_CONFLICT', message)
  return new UserError('ENGINE_REFUSED', message)
}

function engineMessage(text: string): string {
  try {
    const { message, cause } = JSON.parse(text) as { message?: string; cause?: string }
    return message || cause || text.trim()
  } catch {
    return text.trim()
  }
}

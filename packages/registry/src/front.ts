import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { describeError, TransientError, UserError } from '@slipway/errors'
import type { HttpHandler } from '@slipway/http-server'
import type { AuditEntry } from './audit/audit-entry.ts'
import { requestOrigin } from './events.ts'
import type { Incoming, Note } from './exchange.ts'
import type { Metrics } from './metrics/metrics.ts'
import { Refusal, sendRefusal } from './refusal.ts'

/** The status that nginx notes where the client went before it was answered. */
const CLIENT_LEFT = 499

export type Serve = (incoming: Incoming) => Promise<void> | void

export interface FrontDeps {
  metrics: Metrics
  audit: (entry: AuditEntry) => void
  clock: () => number
  /** Milliseconds for which a client may keep us waiting. */
  patience: number
  /** Told of what is no refusal: a mistake of ours. */
  onError: (error: unknown) => void
}

/** What every request goes through: it gets its id, refusals become answers in the specification's words, and it is counted and noted. */
export class Front {
  readonly #deps: FrontDeps

  constructor(deps: FrontDeps) {
    this.#deps = deps
  }

  /** `handler`: what its requests are counted as, unless they note it themselves. `send`: how refusals are answered. */
  handle(handler: string, serve: Serve, send = sendRefusal): HttpHandler {
    return async (request, response) => {
      const id = randomUUID()
      const incoming: Incoming = {
        id,
        request,
        response,
        from: requestOrigin(id, request),
        url: new URL(request.url ?? '/', 'http://registry'),
        note: { handler },
      }
      // Azure's name for it.
      response.setHeader('x-ms-correlation-request-id', incoming.id)
      const count = this.#deps.metrics.request(request.method ?? '')
      const closed = new Promise((resolve) => response.once('close', resolve))
      limitWaiting(incoming, this.#deps.patience)
      try {
        await serve(incoming)
      } catch (error) {
        this.#refuse(error, incoming, send)
      } finally {
        // Not before it is served either: what a client that left has asked for may still be done.
        void closed.then(() => {
          const status = response.headersSent ? response.statusCode : CLIENT_LEFT
          count(incoming.note.handler, status)
          this.#audit(incoming, status)
        })
      }
    }
  }

  #refuse(error: unknown, { request, response }: Incoming, send: typeof sendRefusal): void {
    // A client that left in the middle of its upload waits for no answer.
    if (request.destroyed && !request.complete) return
    const refusal = refusalFor(error)
    if (!refusal || response.headersSent) this.#deps.onError(error)
    // What is half sent can only be cut.
    if (response.headersSent) response.destroy()
    else send(response, refusal ?? new Refusal('UNKNOWN', 'internal error'))
  }

  #audit({ id, request, from, url, note }: Incoming, statusCode: number): void {
    const action = note.action ?? (isRefusal(request, statusCode) ? 'access' : undefined)
    // The first request of every client comes without credentials and is sent to get some.
    if (action === undefined || (statusCode === 401 && request.headers.authorization === undefined)) return
    const { method, userAgent, remoteAddress } = from
    this.#deps.audit({
      time: new Date(this.#deps.clock()).toISOString(),
      id,
      ...noted(note),
      action,
      outcome: outcomeOf(statusCode),
      status: statusCode,
      method,
      path: url.pathname,
      remoteAddress,
      userAgent,
    })
  }
}

function noted({ actor, repository, reference, refused }: Note): Partial<AuditEntry> {
  return {
    ...(actor !== undefined && { actor }),
    ...(repository !== undefined && { repository }),
    ...(reference && { reference }),
    ...(refused && { refused }),
  }
}

function isRefusal({ headers }: IncomingMessage, status: number): boolean {
  return status === 403 || (status === 401 && headers.authorization !== undefined)
}

function outcomeOf(status: number): AuditEntry['outcome'] {
  if (status < 400) return 'done'
  return status < 500 && status !== CLIENT_LEFT ? 'refused' : 'failed'
}

/** Gives up a client that neither sends what is waited for nor takes what is sent. Our own work takes the time that it takes. */
function limitWaiting({ request, response }: Incoming, patience: number): void {
  response.setTimeout(patience, () => {
    const isSilent = !request.complete && request.readableLength === 0
    if (isSilent || response.writableLength > 0) request.socket.destroy()
    else request.socket.setTimeout(patience)
  })
}

/** Undefined for what nobody has foreseen. */
function refusalFor(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof TransientError) {
    return new Refusal('UNAVAILABLE', error.message, { headers: { 'retry-after': '1' } })
  }
  if (!(error instanceof UserError)) return undefined
  switch (error.code) {
    case 'BLOB_CORRUPT':
      return new Refusal('BLOB_UNKNOWN', error.message)
    case 'BODY_TOO_LARGE':
      return new Refusal('SIZE_INVALID', error.message)
    case 'UPLOAD_UNKNOWN':
      return new Refusal('BLOB_UPLOAD_UNKNOWN', error.message)
    default:
      return new Refusal('MANIFEST_INVALID', describeError(error))
  }
}

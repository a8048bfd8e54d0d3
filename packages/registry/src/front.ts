import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describeError, TransientError, UserError } from '@slipway/errors'
import type { HttpHandler } from '@slipway/http-server'
import type { Incoming } from './exchange.ts'
import { Refusal, sendRefusal } from './refusal.ts'

export type Serve = (incoming: Incoming) => Promise<void> | void

/** A body of which this much may still come is read to its end, so that the connection can be used again. */
const WORTH_READING = 1024 * 1024

/** What every request goes through: it gets its id, and refusals become answers in the specification's words. */
export function throughFront(serve: Serve): HttpHandler {
  return async (request, response) => {
    const id = randomUUID()
    // Azure's name for it.
    response.setHeader('x-ms-correlation-request-id', id)
    const url = new URL(request.url ?? '/', 'http://registry')
    try {
      await serve({ id, request, response, url, note: {} })
    } catch (error) {
      refuse(error, request, response)
    }
  }
}

function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  // A client that left in the middle of its upload waits for no answer.
  if (request.destroyed && !request.complete) return
  if (response.headersSent) throw error
  const refusal = refusalFor(error)
  if (isLong(request)) response.setHeader('connection', 'close')
  sendRefusal(response, refusal)
}

/** Whether more of the body is to come than anyone wants to read for nothing. */
function isLong({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  const length = headers['content-length']
  return length === undefined ? headers['transfer-encoding'] !== undefined : Number(length) > WORTH_READING
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof TransientError) {
    return new Refusal('UNAVAILABLE', error.message, { headers: { 'retry-after': '1' } })
  }
  if (!(error instanceof UserError)) throw error
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

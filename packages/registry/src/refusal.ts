import type { ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import { type SpecErrorCode, specErrorBody, specErrorStatus } from '@slipway/oci-format'

/** A request that is refused with one of the specification's codes; thrown anywhere below a route, answered by it. */
export class Refusal extends Error {
  readonly code: SpecErrorCode
  readonly status: number
  readonly detail: unknown
  readonly headers: Record<string, string>

  constructor(
    code: SpecErrorCode,
    message: string,
    more: { status?: number; detail?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.status = more.status ?? specErrorStatus[code]
    this.detail = more.detail
    this.headers = more.headers ?? {}
  }
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  sendJson(response, refusal.status, specErrorBody(refusal.code, refusal.message, refusal.detail), refusal.headers)
}

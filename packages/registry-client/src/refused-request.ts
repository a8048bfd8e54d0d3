import { STATUS_CODES } from 'node:http'
import { specErrorsOf } from '@slipway/oci-format'

export interface RefusedRequestOptions {
  method: string
  url: string
  status: number
  /** What was answered. */
  body: string
  /** The request that this one was to get a token for. */
  wanted?: { method: string; url: string }
}

/** A request and how it was refused, in the words of oras-go (errcode.ErrorResponse), by which Helm speaks to registries. */
export class RefusedRequest extends Error {
  /** Of the request that was wanted. */
  readonly method: string

  constructor({ method, url, status, body, wanted }: RefusedRequestOptions) {
    const words = specErrorsOf(body)?.map(wordsOf).join('; ') ?? STATUS_CODES[status] ?? ''
    const place = wanted ? `${wanted.method} "${wanted.url}": ` : ''
    super(`${place}${method} "${url}": response status code ${status}: ${words}`)
    this.name = 'RefusedRequest'
    this.method = wanted?.method ?? method
  }
}

function wordsOf({ code, message }: { code: string; message?: string }): string {
  const name = code.replaceAll('_', ' ').toLowerCase()
  return message ? `${name}: ${message}` : name
}

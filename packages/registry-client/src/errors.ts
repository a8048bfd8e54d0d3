import { messageOf, SlipwayError, TransientError, UserError } from '@slipway/errors'
import { readSpecErrors } from '@slipway/oci-format'
import { RefusedRequest, type RefusedRequestOptions } from './refused-request.ts'

/** What went wrong with an answer, by its status. `what` names the thing asked for, never a credential; `retryAfter` in milliseconds. */
export function answerError(request: RefusedRequestOptions, what: string, retryAfter?: number): SlipwayError {
  const { status, body } = request
  const words = readSpecErrors(body)
  const message = `${what}: the registry answered ${status}${words ? ` (${words})` : ''}`
  const cause = new RefusedRequest(request)
  switch (status) {
    case 401:
      return new UserError('REGISTRY_UNAUTHORIZED', message, {
        hint: 'check the user name and password for this registry',
        cause,
      })
    case 403:
      return new UserError('REGISTRY_DENIED', message, {
        hint: 'the user may not do this; ask for a wider role',
        cause,
      })
    case 404:
      return new UserError('REGISTRY_NOT_FOUND', message, {
        hint: 'check the name and version, or push it first',
        cause,
      })
    default:
      break
  }
  const options = { cause, ...(retryAfter !== undefined && { retryAfter }) }
  if (status === 429) return new TransientError('REGISTRY_TOO_MANY_REQUESTS', message, options)
  if (status === 408 || status >= 500) return new TransientError('REGISTRY_UNAVAILABLE', message, options)
  return new UserError('REGISTRY_REFUSED', message, { cause })
}

/** The registry could not be reached, or the connection broke. */
export function networkError(error: unknown, what: string): SlipwayError {
  const isUntrusted = UNTRUSTED.has((error as { code?: string }).code ?? '')
  return new TransientError(
    'REGISTRY_UNREACHABLE',
    `${what}: ${isUntrusted ? "the registry's certificate is not trusted: " : ''}${reasonOf(error)}`,
    { cause: error },
  )
}

/** The connection broke in the middle of an answer. */
export function brokenOff(error: unknown, what: string): SlipwayError {
  return new TransientError('REGISTRY_BROKEN_OFF', `${what}: ${reasonOf(error)}`, { cause: error })
}

/** What Node says of certificates (tls, "X509 certificate error codes", and its own). Some of it passes: they are renewed. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** What answered is no registry: a page to log in at, a proxy's own words, half of a document. */
export function answerInvalid(what: string, why: string, cause?: unknown): SlipwayError {
  return new TransientError('REGISTRY_ANSWER_INVALID', `${what}: ${why}`, { cause })
}

/** An object in JSON. Throws TransientError REGISTRY_ANSWER_INVALID. */
export function readObject(text: string, what: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw answerInvalid(what, 'the registry did not answer in JSON', cause)
  }
  if (typeof value === 'object' && value !== null) return value
  throw answerInvalid(what, `the registry answered ${value === null ? 'null' : `a ${typeof value}`}`)
}

/** Whether a connection ended; not because somebody here wanted it to. */
export function isBroken(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: string }
  return !(error instanceof SlipwayError) && typeof code === 'string' && name !== 'AbortError'
}

/** What came is not what its digest says. */
export function digestError(what: string, expected: string, actual: string): SlipwayError {
  return new TransientError('REGISTRY_DIGEST_MISMATCH', `${what}: expected ${expected} but received ${actual}`)
}

function reasonOf(error: unknown): string {
  const { code } = error as { code?: string }
  return messageOf(error) || code || 'the connection failed'
}

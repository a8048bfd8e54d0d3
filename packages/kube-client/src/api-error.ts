import { SlipwayError, TransientError, UserError } from '@slipway/errors'

/** The code of an error that the API server answered with; see docs/errors.md. */
export type ApiErrorCode =
  | 'KUBE_NOT_FOUND'
  | 'KUBE_ALREADY_EXISTS'
  | 'KUBE_CONFLICT'
  | 'KUBE_INVALID'
  | 'KUBE_FORBIDDEN'
  | 'KUBE_NAMESPACE_TERMINATING'
  | 'KUBE_UNAUTHORIZED'
  | 'KUBE_EXPIRED'
  | 'KUBE_NO_SUCH_KIND'
  | 'KUBE_UNAVAILABLE'

interface Status {
  reason?: string
  message?: string
  details?: { retryAfterSeconds?: number; causes?: { reason?: string }[] }
}

/** Whether a thrown error is this answer of the API server. */
export function isApiError(error: unknown, code: ApiErrorCode): boolean {
  return error instanceof SlipwayError && error.code === code
}

/** The error for an answer of the API server (metav1.Status). Conflicts, throttling and server faults are transient. */
export function apiError(httpStatus: number, body: string, request: string): SlipwayError {
  const status = parseStatus(body)
  const message = status.message ?? `${request}: the server answered with HTTP status ${httpStatus}`
  switch (httpStatus) {
    case 401:
      return new UserError('KUBE_UNAUTHORIZED', message)
    case 403:
      return isTerminating(status)
        ? new UserError('KUBE_NAMESPACE_TERMINATING', message)
        : new UserError('KUBE_FORBIDDEN', message)
    case 404:
      return new UserError('KUBE_NOT_FOUND', message)
    case 409:
      return status.reason === 'AlreadyExists'
        ? new UserError('KUBE_ALREADY_EXISTS', message)
        : new TransientError('KUBE_CONFLICT', message)
    case 410:
      return new TransientError('KUBE_EXPIRED', message)
    case 429:
      return new TransientError('KUBE_UNAVAILABLE', message, {
        retryAfter: (status.details?.retryAfterSeconds ?? 1) * 1000,
      })
    default:
      return httpStatus >= 500
        ? new TransientError('KUBE_UNAVAILABLE', message)
        : new UserError('KUBE_INVALID', message)
  }
}

const isTerminating = ({ details }: Status): boolean =>
  details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false

function parseStatus(body: string): Status {
  try {
    return JSON.parse(body) as Status
  } catch {
    return {}
  }
}

/** The error codes of distribution-spec ("Error Codes"), of Distribution (registry/api/errcode) and of Azure, with the status of each. */
export const specErrorStatus = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 413,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  TAG_INVALID: 400,
  RANGE_INVALID: 416,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  REGISTRY_DISALLOWED_OPERATION: 405,
} as const

export type SpecErrorCode = keyof typeof specErrorStatus

export interface SpecErrorBody {
  errors: { code: string; message: string; detail?: unknown }[]
}

/** The body that goes with a registry's refusal. */
export function specErrorBody(code: SpecErrorCode, message: string, detail?: unknown): SpecErrorBody {
  return { errors: [detail === undefined ? { code, message } : { code, message, detail }] }
}

/** What a registry's refusal says; undefined when the body is none of the specification. */
export function specErrorsOf(body: string): { code: string; message?: string }[] | undefined {
  try {
    const { errors } = JSON.parse(body) as Partial<SpecErrorBody>
    if (!Array.isArray(errors) || errors.length === 0) return undefined
    return errors.map(({ code, message }) => ({ code: String(code), ...(message && { message: String(message) }) }))
  } catch {
    return undefined
  }
}

/** The same as one text. */
export function readSpecErrors(body: string): string | undefined {
  return specErrorsOf(body)
    ?.map(({ code, message }) => (message ? `${code}: ${message}` : code))
    .join('; ')
}

import {
  BugError,
  type ErrorClass,
  messageOf,
  type Place,
  SlipwayError,
  TransientError,
  UserError,
} from '@slipway/errors'

/** An error as it goes from one thread to another, which keeps no class of our own. */
export interface ErrorForm {
  readonly message: string
  readonly stack: string
  /** Absent of what is no SlipwayError. */
  readonly own?: {
    readonly class: ErrorClass
    readonly code: string
    readonly at?: Place
    readonly hint?: string
    readonly retryAfter?: number
  }
}

export function formOf(error: unknown): ErrorForm {
  const form = { message: messageOf(error), stack: (error instanceof Error && error.stack) || '' }
  if (!(error instanceof SlipwayError)) return form
  const { class: errorClass, code, at, hint } = error
  const retryAfter = error instanceof TransientError ? error.retryAfter : undefined
  return {
    ...form,
    own: { class: errorClass, code, ...(at && { at }), ...(hint && { hint }), ...(retryAfter && { retryAfter }) },
  }
}

export function errorFrom({ message, stack, own }: ErrorForm): Error {
  return Object.assign(own ? ownError(own, message) : new Error(message), { stack })
}

function ownError({ class: errorClass, code, ...options }: NonNullable<ErrorForm['own']>, message: string): Error {
  switch (errorClass) {
    case 'user':
      return new UserError(code, message, options)
    case 'transient':
      return new TransientError(code, message, options)
    case 'bug':
      return new BugError(code, message, options)
  }
}

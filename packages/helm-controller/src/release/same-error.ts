import { TransientError, UserError } from '@slipway/errors'

/** With another message; a bug keeps its own, and its stack. */
export function sameError(error: unknown, message: string): unknown {
  if (error instanceof TransientError) return new TransientError(error.code, message, { cause: error })
  if (error instanceof UserError) return new UserError(error.code, message, { cause: error })
  return error
}

import { type ErrorClass, type Place, SlipwayError } from './errors.ts'

/** The class of anything that was thrown; what is not ours counts as a bug. */
export function classOf(error: unknown): ErrorClass {
  return error instanceof SlipwayError ? error.class : 'bug'
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** `file:line:col` and the object, as far as they are known; empty when nothing is. */
export function formatPlace(at: Place | undefined): string {
  if (!at) return ''
  const position = [at.file, at.line, at.column].filter((part) => part !== undefined).join(':')
  return [position, at.object].filter(Boolean).join(' ')
}

/** One line for people: place, message, advice. */
export function describeError(error: unknown): string {
  if (!(error instanceof SlipwayError)) return messageOf(error)
  const place = formatPlace(error.at)
  const head = place ? `${place}: ${error.message}` : error.message
  return error.hint ? `${head} (${error.hint})` : head
}

/** The exit status of a command that ended with this error: 1 user, 75 (EX_TEMPFAIL) transient, 70 (EX_SOFTWARE) bug; sysexits(3). */
export function exitCodeOf(error: unknown): number {
  return { user: 1, transient: 75, bug: 70 }[classOf(error)]
}

import { randomUUID } from 'node:crypto'
import { classOf, describeError, exitCodeOf } from '@slipway/errors'

/** Tells a person what went wrong and returns the exit status: a bug shows its stack and an id, the others advice only. */
export function reportError(error: unknown): number {
  switch (classOf(error)) {
    case 'user':
      console.error(`Error: ${describeError(error)}`)
      break
    case 'transient':
      console.error(`Error: ${describeError(error)}\nThis may pass: try again.`)
      break
    case 'bug':
      console.error(`This is a bug in slipway (${randomUUID().slice(0, 8)}):`)
      console.error(error instanceof Error ? error.stack : error)
  }
  return exitCodeOf(error)
}

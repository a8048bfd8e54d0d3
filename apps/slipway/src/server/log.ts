import type { Log } from '@slipway/controller-runtime'
import { describeError } from '@slipway/errors'

/** Writes lines for people: time, level, message; a bug's stack below. */
export const log: Log = (level, message, fields = {}) => {
  const { stack, ...rest } = fields
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${value}`)
  console.error(`${new Date().toISOString()} ${level === 'error' ? 'ERROR ' : ''}${message}${details.join('')}`)
  if (typeof stack === 'string') console.error(stack)
}

/** For ports that only tell of errors. */
export function logError(part: string): (error: unknown) => void {
  return (error) => log('error', `${part}: ${describeError(error)}`)
}

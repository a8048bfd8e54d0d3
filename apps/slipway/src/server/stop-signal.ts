import { describeError } from '@slipway/errors'
import { log } from './log.ts'

/** Resolves on the first SIGINT or SIGTERM; what goes wrong unseen until then is logged and nothing is stopped for it. */
export function stopSignal(): Promise<void> {
  process.on('unhandledRejection', (error) => log('error', `unhandled: ${describeError(error)}`))
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

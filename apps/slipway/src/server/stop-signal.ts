import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { describeError } from '@slipway/errors'
import { log } from './log.ts'

/** Milliseconds that are left to stop in after a second Ctrl-C. */
const HURRY = 5_000
/** The status that shells give to who ends by Ctrl-C. */
const INTERRUPTED = 128 + constants.signals.SIGINT

/**
 * Resolves on the first SIGINT or SIGTERM, and when the terminal goes away; what goes wrong unseen until then is logged and nothing
 * is stopped for it. A second Ctrl-C ends the program where it is; with `hurry`, that is called and what stops has a moment left,
 * until a third.
 */
export function stopSignal(hurry?: () => void): Promise<void> {
  process.on('unhandledRejection', (error) => log('error', `unhandled: ${describeError(error)}`))
  // Other commands end with their reader. A server has said all it has to when it is ready, and goes on: `slipway up | head -3`.
  process.stdout.removeAllListeners('error').on('error', () => {})
  return new Promise((resolve) => {
    let isStopping = false
    const stop = (): void => {
      isStopping = true
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', () => {
      if (!isStopping) return stop()
      if (!hurry || process.exitCode === INTERRUPTED) process.exit(INTERRUPTED)
      process.exitCode = INTERRUPTED
      setTimeout(() => process.exit(), HURRY).unref()
      hurry()
    })
    // Whoever reads its settings again on this signal listens already.
    if (process.listenerCount('SIGHUP') === 0) stopWithTerminal(stop)
  })
}

/**
 * On SIGHUP. Under nohup(1) the signal is to be ignored and no stream is a terminal; Node makes nothing of the first, so the
 * second has to tell.
 */
function stopWithTerminal(stop: () => void): void {
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor))
  let isGone = false
  const hungUp = (): void => {
    // A shell sends it to its jobs once more.
    if (isGone || !hasTerminal) return
    isGone = true
    stop()
    process.once('exit', () => {
      // Node aborts when it can't put a terminal back as it was (node.cc, ResetStdio), but does not try when a signal ends it.
      process.off('SIGHUP', hungUp)
      process.kill(process.pid, 'SIGHUP')
    })
  }
  process.on('SIGHUP', hungUp)
}

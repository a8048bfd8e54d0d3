import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Milliseconds between looks. */
const INTERVAL = 5_000
/** Share of a core below which the server counts as quiet. */
const QUIET = 0.05

/**
 * Gives memory back when work is over. V8 collects when it allocates, so a server that has fallen silent would keep for ever what
 * its busiest moment took. Returns a function that ends it.
 */
export function releaseMemoryWhenIdle(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'major' }) => void
  let before = process.cpuUsage()
  let hasWorked = true
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    const isQuiet = (user + system) / 1000 / INTERVAL < QUIET
    if (isQuiet && hasWorked) {
      collect({ type: 'major' })
      // The collection's own work must not count.
      before = process.cpuUsage()
    }
    hasWorked = !isQuiet
  }, INTERVAL)
  timer.unref()
  return () => clearInterval(timer)
}

/** Milliseconds between two looks at the clock; the kubelet looks at it as often (--sync-frequency). */
const LOOK = 60_000

/**
 * Does the work once, after so many milliseconds by the machine's clock, or up to a minute later: Node's timers count the time
 * awake, so that they know nothing of a machine that slept or whose clock was set forward, and end at 24 days. A clock that is set
 * back delays nothing. It does not keep the program alive. Returns a function that calls it off.
 */
export function startWallTimer(milliseconds: number, work: () => void): () => void {
  const due = Date.now() + milliseconds
  const end = performance.now() + milliseconds
  let timer: NodeJS.Timeout
  const left = (): number => Math.min(due - Date.now(), end - performance.now())
  const wait = (): void => {
    timer = setTimeout(look, Math.min(left(), LOOK))
    timer.unref()
  }
  const look = (): void => (left() > 0 ? wait() : work())
  wait()
  return () => clearTimeout(timer)
}

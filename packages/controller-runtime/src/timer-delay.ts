const LONGEST = 2 ** 31 - 1

/**
 * Milliseconds for a timer, at most the 24 days that one can have: what is longer would be over at once (Node's setTimeout and
 * AbortSignal.timeout).
 */
export const timerDelay = (milliseconds: number): number => Math.min(milliseconds, LONGEST)

/**
 * Aborts after so many milliseconds, also where only what AbortSignal.any makes of it is kept: that holds no signal, and Node 20
 * collects one that nobody holds or listens to with its timer.
 */
export function deadline(milliseconds: number): AbortSignal {
  const signal = AbortSignal.timeout(timerDelay(milliseconds))
  signal.addEventListener('abort', () => {})
  return signal
}

const LONGEST = 2 ** 31 - 1

/**
 * Milliseconds for a timer, at most the 24 days that one can have: what is longer would be over at once (Node's setTimeout and
 * AbortSignal.timeout).
 */
export const timerDelay = (milliseconds: number): number => Math.min(milliseconds, LONGEST)

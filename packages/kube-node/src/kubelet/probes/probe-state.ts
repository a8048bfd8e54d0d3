import type { Probe } from '../../model/pod.ts'

/** What a probe has found so far. `result` is undefined until the first verdict. */
export interface ProbeState {
  result: boolean | undefined
  successes: number
  failures: number
}

export const unprobed: ProbeState = { result: undefined, successes: 0, failures: 0 }

/** The state after one more try: thresholds count tries in a row (kubelet, prober/worker.go). */
export function afterProbe(state: ProbeState, probe: Probe, success: boolean): ProbeState {
  const successes = success ? state.successes + 1 : 0
  const failures = success ? 0 : state.failures + 1
  const { successThreshold = 1, failureThreshold = 3 } = probe
  if (success && successes >= successThreshold) return { result: true, successes, failures }
  if (!success && failures >= failureThreshold) return { result: false, successes, failures }
  return { result: state.result, successes, failures }
}

const FIRST_RETRY = 50
/** Milliseconds by which a timer may fire too early. */
const SLACK = 5

/**
 * Milliseconds until the next try: periods are counted from the begin, however long a try takes, and one that took longer is followed
 * by the next at once (kubelet, prober/worker.go). A container that is not ready (or not started) yet is asked more often than its period says,
 * which Kubernetes allows "to make the Pod ready faster"; such early tries count when they succeed and not when they fail.
 */
export function nextProbeIn(
  probe: Probe,
  { succeeded, early, elapsed, took }: { succeeded: boolean; early: number; elapsed: number; took: number },
): { delay: number; counts: boolean } {
  const period = (probe.periodSeconds ?? 10) * 1000
  const due = (Math.floor((elapsed - took + SLACK) / period) + 1) * period
  const untilPeriod = Math.max(0, due - elapsed)
  if (succeeded) return { delay: untilPeriod, counts: true }
  const soon = FIRST_RETRY * 2 ** Math.min(early, 10)
  return soon < untilPeriod ? { delay: soon, counts: false } : { delay: untilPeriod, counts: true }
}

import { type ConditionUpdate, changeConditions } from '@slipway/controller-runtime'
import type { Condition } from '@slipway/kube-objects'
import type { Failure, Kustomization } from './kustomization-kind.ts'

/** What a later outcome takes away. */
const PASSING = ['Reconciling', 'Stalled']
// Longer messages than this are of no use in a table, and events are limited to 1024 characters.
const NAMED_FAILURES = 5

/** Everything is applied. */
export function appliedConditions(kustomization: Kustomization, revision: string, now: string): Condition[] {
  const message = `Applied revision: ${revision}`
  const ready: ConditionUpdate = { type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message }
  return changeConditions(kustomization, { set: [ready], remove: PASSING }, now)
}

/** Something is not applied. `retry`: it may pass by itself. */
export function failedConditions(
  kustomization: Kustomization,
  { reason, message, retry }: { reason: string; message: string; retry: boolean },
  now: string,
): Condition[] {
  const progress: ConditionUpdate = retry
    ? { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message }
    : { type: 'Stalled', status: 'True', reason, message }
  const ready: ConditionUpdate = { type: 'Ready', status: 'False', reason, message }
  return changeConditions(kustomization, { set: [ready, progress], remove: PASSING }, now)
}

/** `web.yaml:3 Deployment/default/web: reason`. */
export function failureText({ file, line, object, reason }: Failure): string {
  return `${line === undefined ? file : `${file}:${line}`}${object ? ` ${object}` : ''}: ${reason}`
}

/** What the condition says when some inputs failed and the rest was applied. */
export function partialMessage(revision: string, failures: readonly Failure[], applied: number): string {
  const named = failures.slice(0, NAMED_FAILURES).map(failureText)
  const more = failures.length > NAMED_FAILURES ? [`and ${failures.length - NAMED_FAILURES} more`] : []
  const parts = `${failures.length} ${failures.length === 1 ? 'input' : 'inputs'} of ${revision}`
  return `${parts} could not be applied, ${applied} objects are: ${[...named, ...more].join('; ')}`
}

import { classOf, describeError, SlipwayError } from '@slipway/errors'
import type { Condition, KubeObject } from '@slipway/kube-objects'
import type { ReconcileResult } from './reconciler.ts'

export type ConditionUpdate = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

interface ConditionChange {
  set: ConditionUpdate[]
  /** Types. */
  remove: string[]
}

/** The list with one condition set; `lastTransitionTime` moves only when its status changes (metav1.Condition). */
export function setCondition(conditions: Condition[], update: ConditionUpdate, now: string): Condition[] {
  const before = conditions.find((condition) => condition.type === update.type)
  const lastTransitionTime = before && before.status === update.status ? before.lastTransitionTime : now
  const after = { ...update, lastTransitionTime }
  return before ? conditions.map((condition) => (condition === before ? after : condition)) : [...conditions, after]
}

/** Error codes are UPPER_SNAKE, condition and event reasons are CamelCase. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof SlipwayError)) return 'InternalError'
  return error.code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')
}

/** What an outcome means for Ready, Reconciling and Stalled (kstatus): the conditions to set and those to take away. */
export function conditionsOf(outcome: ReconcileResult | { kind: 'failed'; error: unknown }): ConditionChange {
  switch (outcome.kind) {
    case 'ready':
      return {
        set: [{ type: 'Ready', status: 'True', reason: outcome.reason, message: outcome.message }],
        remove: ['Reconciling', 'Stalled'],
      }
    case 'waiting':
      return {
        set: [
          { type: 'Ready', status: 'Unknown', reason: outcome.reason, message: outcome.message },
          { type: 'Reconciling', status: 'True', reason: outcome.reason, message: outcome.message },
        ],
        remove: ['Stalled'],
      }
    case 'failed':
      return failure(outcome.error)
  }
}

function failure(error: unknown): ConditionChange {
  const reason = reasonOf(error)
  const message = describeError(error)
  switch (classOf(error)) {
    case 'user':
      return {
        set: [
          { type: 'Ready', status: 'False', reason, message },
          { type: 'Stalled', status: 'True', reason, message },
        ],
        remove: ['Reconciling'],
      }
    case 'transient':
      return {
        set: [
          { type: 'Ready', status: 'False', reason, message },
          { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message },
        ],
        remove: ['Stalled'],
      }
    case 'bug':
      return { set: [{ type: 'Ready', status: 'Unknown', reason, message }], remove: ['Stalled'] }
  }
}

/** The object's conditions after an outcome. */
export function nextConditions(
  object: KubeObject,
  outcome: ReconcileResult | { kind: 'failed'; error: unknown },
  now: string,
): Condition[] {
  return changeConditions(object, conditionsOf(outcome), now)
}

/** The object's conditions with some taken away and others set, which then say of which generation they are. */
export function changeConditions(
  { status, metadata }: KubeObject,
  { set, remove }: ConditionChange,
  now: string,
): Condition[] {
  const { generation } = metadata
  const isSet = ({ type }: Condition): boolean => set.some((update) => update.type === type)
  const kept = ((status?.conditions ?? []) as Condition[]).filter(
    (condition) => isSet(condition) || !remove.includes(condition.type),
  )
  return set
    .reduce((conditions, update) => setCondition(conditions, update, now), kept)
    .map((condition) =>
      generation !== undefined && isSet(condition) ? { ...condition, observedGeneration: generation } : condition,
    )
}

import type { KubeObject } from '@slipway/kube-objects'
import type { EventSubject } from './events.ts'

/**
 * Keeps objects of one kind in step with the world. Level-based: the object says what is wanted; what happened does not matter.
 * Reconciling twice in a row must change nothing. Throwing a UserError waits for the object (or what it depends on) to change;
 * a TransientError or anything else is retried with back-off.
 */
export interface Reconciler<T extends KubeObject> {
  /** `object` has the status that the last look wrote, also while the watch has not brought that back. */
  reconcile(object: T, context: ReconcileContext<T>): Promise<ReconcileResult>
  /** Undoes what reconcile did; runs when the object is being deleted and still holds the controller's finalizer, which goes when this resolves. */
  finalize?(object: T, context: ReconcileContext<T>): Promise<void>
}

export interface ReconcileContext<T extends KubeObject> {
  /** Ends when the controller stops. Every wait takes it. */
  signal: AbortSignal
  /**
   * Merges fields into `status` (a patch of the status subresource); resolves to the object as stored. A `strategic` patch, which only
   * built-in types have, merges conditions by their type. @default 'merge'
   */
  patchStatus(status: Record<string, unknown>, type?: 'merge' | 'strategic'): Promise<T>
  /** Records a Kubernetes event about the object, or another one; a repeated one is counted. */
  event(type: 'Normal' | 'Warning', reason: string, message: string, about?: EventSubject): void
}

/**
 * `ready`: the world matches. `waiting`: it can't yet, and that is no fault (a dependency, a rollout).
 * `recheckAfter` in milliseconds looks again without an event; absent = only on events.
 * `lookedAt` is how many other objects it went through. With many, the changes of these are gathered for a while before the next look:
 * were there a look for each, all would take as long as the square of their number.
 */
export interface ReconcileResult {
  kind: 'ready' | 'waiting'
  reason: string
  message: string
  recheckAfter?: number
  lookedAt?: number
}

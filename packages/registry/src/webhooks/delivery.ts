import type { WebhookEvent } from './webhook-event.ts'

/** One try to hand an event over. */
export interface Attempt {
  /** RFC 3339. */
  at: string
  /** Of the answer; absent when there was none. */
  status?: number
  /** Why it failed, in words. */
  error?: string
  /** Milliseconds. */
  duration: number
}

/** An event for one webhook, with what has become of it. */
export interface Delivery {
  id: string
  webhook: string
  event: WebhookEvent
  state: 'pending' | 'delivered' | 'failed'
  attempts: Attempt[]
}

/** Whether a line of the log says what lines say. */
export function isDelivery(value: unknown): value is Delivery {
  if (typeof value !== 'object' || value === null) return false
  const { id, webhook, event, state, attempts } = value as Partial<Record<keyof Delivery, unknown>>
  const isKnown = state === 'pending' || state === 'delivered' || state === 'failed'
  return [id, webhook].every((text) => typeof text === 'string') && !!event && isKnown && Array.isArray(attempts)
}

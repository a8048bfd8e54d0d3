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

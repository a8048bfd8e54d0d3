import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import { request } from 'undici'
import type { RegistryEvent } from '../events.ts'
import type { RegistrySettings, Webhook } from '../policy/settings.ts'
import { Turns } from '../turns.ts'
import type { Deliveries } from './deliveries.ts'
import type { Attempt, Delivery } from './delivery.ts'
import { isInScope, pingEvent, type WebhookEvent, webhookEvents } from './webhook-event.ts'

/** Milliseconds before each further try: an hour and three quarters in all. */
const PAUSES = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000]
/** Milliseconds for one try. */
const PATIENCE = 10_000
/** At work at once for one webhook. */
const PARALLEL = 8
/** Events that may wait for one webhook; whoever does not answer for so long gets no more. */
const MOST_WAITING = 1_000

export interface DispatcherDeps {
  deliveries: Deliveries
  settings: () => RegistrySettings
  clock: () => number
  onError: (error: unknown) => void
  /** Told of each delivery that is over. */
  onOver: (delivery: Delivery) => void
  /** @default {@link PAUSES} */
  pauses?: readonly number[]
}

/** Tells webhooks of what happens, again and again with growing pauses until they take it. */
export class Dispatcher {
  readonly #deps: DispatcherDeps
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #turns = new Turns(PARALLEL)

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  /** Goes on with what was left when the registry stopped. */
  start(): void {
    for (const delivery of this.#deps.deliveries.pending()) this.#begin(delivery)
  }

  /** Tells everyone whom it concerns. */
  tell(event: RegistryEvent): void {
    for (const told of webhookEvents(event)) {
      for (const webhook of this.#deps.settings().webhooks) {
        if (told.action !== 'ping' && webhook.actions.has(told.action) && isInScope(webhook.scope, told)) {
          this.#send(webhook.name, told)
        }
      }
    }
  }

  /** Sends a ping; resolves to the delivery, which is on its way. */
  ping({ name }: Webhook): Delivery {
    return this.#send(name, pingEvent(new Date(this.#deps.clock()).toISOString()))
  }

  /** What is pending is left for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  #send(webhook: string, event: WebhookEvent): Delivery {
    const delivery: Delivery = { id: randomUUID(), webhook, event, ...this.#firstState(webhook) }
    this.#begin(delivery, true)
    return delivery
  }

  #firstState(webhook: string): Pick<Delivery, 'state' | 'attempts'> {
    const { deliveries, clock } = this.#deps
    if (deliveries.pending(webhook).length < MOST_WAITING) return { state: 'pending', attempts: [] }
    const at = new Date(clock()).toISOString()
    return { state: 'failed', attempts: [{ at, error: 'too many events are waiting', duration: 0 }] }
  }

  #begin(delivery: Delivery, isNew = false): void {
    const work = this.#deliver(delivery, isNew).catch(this.#deps.onError)
    this.#running.add(work)
    void work.then(() => this.#running.delete(work))
  }

  async #deliver(first: Delivery, isNew: boolean): Promise<void> {
    const { onOver, pauses = PAUSES } = this.#deps
    let delivery = first
    if (isNew) await this.#keep(delivery)
    while (delivery.state === 'pending') {
      const last = delivery.attempts.at(-1)
      const pause = pauses[delivery.attempts.length - 1] ?? 0
      if (last && !(await this.#pause(pause, Date.parse(last.at)))) return
      const attempt = await this.#turns.run(delivery.webhook, () => this.#try(delivery))
      if (this.#stop.signal.aborted && attempt.status === undefined) return
      const attempts = [...delivery.attempts, attempt]
      delivery = { ...delivery, attempts, state: stateAfter(attempts, pauses.length + 1) }
      await this.#keep(delivery)
    }
    onOver(delivery)
  }

  /** What can't be kept, for a disk that is full, is delivered all the same; only a restart forgets it. */
  async #keep(delivery: Delivery): Promise<void> {
    await this.#deps.deliveries.keep(delivery).catch(this.#deps.onError)
  }

  async #try({ webhook: name, event }: Delivery): Promise<Attempt> {
    const at = this.#deps.clock()
    const done = (more: Pick<Attempt, 'status' | 'error'>): Attempt => ({
      at: new Date(at).toISOString(),
      duration: this.#deps.clock() - at,
      ...more,
    })
    const webhook = this.#deps.settings().webhooks.find((candidate) => candidate.name === name)
    if (!webhook) return done({ status: 0, error: 'the webhook is gone' })
    try {
      // Redirects are not followed: whoever may answer for one address must not send our headers to another.
      const { statusCode: status, body } = await request(webhook.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...webhook.headers },
        body: JSON.stringify(event),
        signal: AbortSignal.any([deadline(PATIENCE), this.#stop.signal]),
      })
      await body.dump()
      return done(status < 300 ? { status } : { status, error: `status ${status}` })
    } catch (error) {
      return done({ error: messageOf(error) || String((error as { code?: string }).code) })
    }
  }

  /** Resolves to false when the registry stops meanwhile. Up to a fifth more is chance, so that not all come back at once. */
  async #pause(pause: number, since: number): Promise<boolean> {
    const left = Math.min(pause, Math.max(0, since + pause - this.#deps.clock()))
    return sleep(left * (1 + Math.random() / 5), true, { signal: this.#stop.signal, ref: false }).catch(() => false)
  }
}

/** What a receiver refuses for what it is will not be taken later either; the rest may pass (RFC 9110 sections 15.5 and 15.6). */
function stateAfter(attempts: Attempt[], most: number): Delivery['state'] {
  const { status, error } = attempts.at(-1) ?? {}
  if (error === undefined) return 'delivered'
  const mayPass = status === undefined || status === 408 || status === 429 || status >= 500
  return mayPass && attempts.length < most ? 'pending' : 'failed'
}

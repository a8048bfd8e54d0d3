import type { ServerResponse } from 'node:http'
import { sendJson } from '@slipway/http-server'
import type { Guard } from '../auth/guard.ts'
import type { Incoming } from '../exchange.ts'
import type { RegistrySettings, Webhook } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'
import type { Deliveries } from './deliveries.ts'
import type { Dispatcher } from './dispatcher.ts'

export interface WebhookDeps {
  guard: Guard
  settings: () => RegistrySettings
  deliveries: Deliveries
  dispatcher: Dispatcher
}

const PREFIX = '/v2/_slipway/webhooks/'

const ENDPOINTS: Record<string, (deps: WebhookDeps, response: ServerResponse, webhook: Webhook) => void> = {
  [`GET ${PREFIX}{name}/deliveries`]: ({ deliveries }, response, { name }) =>
    sendJson(response, 200, { deliveries: deliveries.of(name) }),
  [`POST ${PREFIX}{name}/ping`]: ({ dispatcher }, response, webhook) =>
    sendJson(response, 202, dispatcher.ping(webhook)),
}

/** All that is served here, as `METHOD path`. */
export const WEBHOOK_ENDPOINTS: string[] = Object.keys(ENDPOINTS)

/** `/v2/_slipway/webhooks/{name}/deliveries` and `…/ping`: what was sent and what came of it, and a trial. */
export async function serveWebhooks(deps: WebhookDeps, incoming: Incoming): Promise<void> {
  const { request, response, url, note } = incoming
  const [name = '', what = '', ...more] = url.pathname.slice(PREFIX.length).split('/')
  note.reference = name
  if (request.method === 'POST') note.action = 'ping'
  await deps.guard.admit(incoming, { type: 'registry', name: 'care', actions: ['*'] })
  const webhook = deps.settings().webhooks.find((candidate) => candidate.name === name)
  if (!webhook || more.length > 0) {
    throw new Refusal('UNSUPPORTED', `there is no webhook ${name}, or it is switched off`, { status: 404 })
  }
  const serve = ENDPOINTS[`${request.method} ${PREFIX}{name}/${what}`]
  if (!serve) throw new Refusal('UNSUPPORTED', `${request.method} ${what} is not served here`, { status: 404 })
  serve(deps, response, webhook)
}

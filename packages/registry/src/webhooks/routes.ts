import { sendJson } from '@slipway/http-server'
import type { Guard } from '../auth/guard.ts'
import type { Incoming } from '../exchange.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'
import type { Deliveries } from './deliveries.ts'
import type { Dispatcher } from './dispatcher.ts'

export interface WebhookDeps {
  guard: Guard
  settings: () => RegistrySettings
  deliveries: Deliveries
  dispatcher: Dispatcher
}

/** `/v2/_slipway/webhooks/{name}/deliveries` and `…/ping`: what was sent and what came of it, and a trial. */
export async function serveWebhooks(deps: WebhookDeps, incoming: Incoming): Promise<void> {
  const { request, response, url, note } = incoming
  const [name = '', what = '', ...more] = url.pathname.slice('/v2/_slipway/webhooks/'.length).split('/')
  note.reference = name
  if (request.method === 'POST') note.action = 'ping'
  await deps.guard.admit(incoming, { type: 'registry', name: 'care', actions: ['*'] })
  const webhook = deps.settings().webhooks.find((candidate) => candidate.name === name)
  if (!webhook || more.length > 0) {
    throw new Refusal('UNSUPPORTED', `there is no webhook ${name}, or it is switched off`, { status: 404 })
  }
  switch (`${request.method} ${what}`) {
    case 'GET deliveries':
      return sendJson(response, 200, { deliveries: deps.deliveries.of(name) })
    case 'POST ping':
      return sendJson(response, 202, deps.dispatcher.ping(webhook))
    default:
      throw new Refusal('UNSUPPORTED', `${request.method} ${what} is not served here`, { status: 404 })
  }
}

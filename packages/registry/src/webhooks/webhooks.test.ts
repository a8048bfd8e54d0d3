import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFileLog } from '../log/file-log.ts'
import { NO_SETTINGS, type RegistrySettings, type Webhook } from '../policy/settings.ts'
import { chartArchive, sha256, startRegistry, type TestRegistry } from '../testing/index.ts'
import { type Receiver, startReceiver } from '../testing/receiver.ts'
import { Deliveries } from './deliveries.ts'
import { type Delivery, isDelivery } from './delivery.ts'
import { Dispatcher } from './dispatcher.ts'
import { isInScope, type WebhookEvent } from './webhook-event.ts'

let settings: RegistrySettings
let registry: TestRegistry
let receivers: Receiver[]

beforeEach(async () => {
  settings = NO_SETTINGS
  receivers = []
  registry = await startRegistry({ settings: () => settings, webhookPauses: [10, 10] })
})
afterEach(async () => {
  expect(registry.errors).toEqual([])
  await registry.stop()
  await registry.remove()
  for (const receiver of receivers) await receiver.stop()
})

async function webhook(more: Partial<Webhook> = {}, answers: number[] = []): Promise<Receiver> {
  const receiver = await startReceiver(answers)
  receivers.push(receiver)
  const actions = new Set(['push', 'delete', 'chart_push', 'chart_delete'] as const)
  const hook = { name: `hook-${settings.webhooks.length}`, url: receiver.url, actions, scope: '', headers: {}, ...more }
  settings = { ...settings, webhooks: [...settings.webhooks, hook] }
  return receiver
}

const bodies = ({ received }: Receiver): WebhookEvent[] => received.map(({ body }) => body as WebhookEvent)
const deliveriesOf = async (name: string): Promise<Delivery[]> =>
  (await registry.client.json<{ deliveries: Delivery[] }>(`/v2/_slipway/webhooks/${name}/deliveries`)).deliveries
async function isOver(name: string): Promise<void> {
  const states = async (): Promise<string[]> => (await deliveriesOf(name)).map(({ state }) => state)
  await expect.poll(states).toSatisfy((known: string[]) => known.length > 0 && !known.includes('pending'))
}

describe('webhooks', () => {
  it('are told of pushes and deletions of images as by Azure', async () => {
    const receiver = await webhook({ headers: { authorization: 'Bearer s3cret', 'x-team': 'shop' } })

    const digest = await registry.client.pushImage('shop/web', '1')
    await expect.poll(() => receiver.received).toHaveLength(1)
    await registry.client.send('DELETE', `/v2/shop/web/manifests/${digest}`)
    await expect.poll(() => receiver.received).toHaveLength(2)

    const [pushed, deleted] = bodies(receiver)
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    expect(receiver.received[0]?.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'x-team': 'shop',
      'content-type': 'application/json',
    })
    expect(pushed).toEqual({
      id: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-/),
      action: 'push',
      target: {
        mediaType,
        size: expect.any(Number),
        length: expect.any(Number),
        digest,
        repository: 'shop/web',
        tag: '1',
      },
      request: { id: expect.any(String), host: registry.host, method: 'PUT', useragent: expect.any(String) },
    })
    expect(deleted).toMatchObject({ action: 'delete', request: { method: 'DELETE' } })
    expect(deleted?.target).toEqual({ mediaType, digest, repository: 'shop/web' })
  })

  it('are told of charts, whichever way they came, and not of a tag that goes', async () => {
    const receiver = await webhook({ actions: new Set(['chart_push', 'chart_delete']) })
    const archive = await chartArchive('appa', '1.0.0')

    await registry.client.send('PUT', '/helm/v1/repo/_blobs/appa-1.0.0.tgz', { body: archive })
    await registry.client.send('DELETE', '/helm/v1/repo/_blobs/appa-1.0.0.tgz')
    await expect.poll(() => receiver.received).toHaveLength(2)

    expect(
      bodies(receiver)
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['chart_delete', 'chart_push'])
    expect(bodies(receiver)[0]).toEqual({
      id: expect.any(String),
      timestamp: expect.any(String),
      action: expect.any(String),
      target: {
        mediaType: 'application/vnd.acr.helm.chart',
        size: archive.length,
        digest: sha256(archive),
        repository: 'repo',
        tag: 'appa-1.0.0.tgz',
        name: 'appa',
        version: '1.0.0',
      },
    })
    await registry.client.pushImage('web', '1')
    await registry.client.send('DELETE', '/v2/web/manifests/1')
    await isOver('hook-0')
    expect(receiver.received).toHaveLength(2)
  })

  it('are tried again while it may help, and then given up', async () => {
    const patient = await webhook({}, [503, 0])
    await webhook({}, [500, 429, 502])
    await webhook({}, [404])
    const moved = await webhook({}, [302])

    await registry.client.pushImage('web', '1')
    for (const name of ['hook-0', 'hook-1', 'hook-2', 'hook-3']) await isOver(name)

    const outcomes = await Promise.all(
      ['hook-0', 'hook-1', 'hook-2', 'hook-3'].map(async (name) => {
        const [delivery] = await deliveriesOf(name)
        return [delivery?.state, delivery?.attempts.map(({ status }) => status)]
      }),
    )
    expect(outcomes).toEqual([
      ['delivered', [503, undefined, 200]],
      ['failed', [500, 429, 502]],
      ['failed', [404]],
      ['failed', [302]],
    ])
    expect(bodies(patient)[0]?.id).toBe(bodies(patient)[1]?.id)
    expect(moved.received).toHaveLength(1)
  })

  it('keep no secret with what was sent', async () => {
    await webhook({ headers: { authorization: 'Bearer s3cret' } })

    await registry.client.pushImage('web', '1')
    await isOver('hook-0')

    expect(JSON.stringify(await deliveriesOf('hook-0'))).not.toContain('s3cret')
  })

  it('get what is pending after a restart', async () => {
    let now = Date.now()
    await registry.stop()
    await registry.remove()
    registry = await startRegistry({ settings: () => settings, webhookPauses: [3_600_000], clock: () => now })
    const receiver = await webhook({}, [503])
    await registry.client.pushImage('web', '1')
    await expect.poll(async () => (await deliveriesOf('hook-0'))[0]?.attempts).toHaveLength(1)
    await registry.stop()

    now += 4_000_000
    registry = await registry.restart()
    await isOver('hook-0')

    const [delivery] = await deliveriesOf('hook-0')
    expect(delivery).toMatchObject({ state: 'delivered', event: { action: 'push' } })
    expect(receiver.received).toHaveLength(2)
  })

  it('can be tried with a ping', async () => {
    const receiver = await webhook({ actions: new Set(['push']) })

    const answer = await registry.client.send('POST', '/v2/_slipway/webhooks/hook-0/ping')
    await expect.poll(() => receiver.received).toHaveLength(1)

    expect(answer.status).toBe(202)
    expect(bodies(receiver)).toEqual([{ id: expect.any(String), timestamp: expect.any(String), action: 'ping' }])
    expect((await registry.client.send('POST', '/v2/_slipway/webhooks/none/ping')).status).toBe(404)
  })

  it('do not wait for others that do not answer', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    await webhook({ url })
    for (let tag = 0; tag < 9; tag++) await registry.client.pushIndex('web', `tag-${tag}`, [])
    const receiver = await webhook()

    await registry.client.pushIndex('web', 'last', [])
    await isOver('hook-1')

    expect(bodies(receiver)).toMatchObject([{ target: { tag: 'last' } }])
    silent.closeAllConnections()
    silent.close()
  })

  it('are told what there is no room to keep', async () => {
    const errors: unknown[] = []
    const log = await openFileLog('/dev/full', { isEntry: isDelivery })
    const deliveries = await Deliveries.open(log, () => {})
    await webhook()
    const over = await new Promise<Delivery>((resolve) => {
      const dispatcher = new Dispatcher({
        deliveries,
        settings: () => settings,
        clock: Date.now,
        onError: (error) => errors.push(error),
        onOver: resolve,
      })
      dispatcher.ping(settings.webhooks[0] as Webhook)
    })
    await log.close()

    expect(over.state).toBe('delivered')
    expect(deliveries.pending()).toEqual([])
    expect(errors).toMatchObject([{ code: 'ENOSPC' }, { code: 'ENOSPC' }])
  })

  it('do not hold up a push when nobody answers', async () => {
    settings = {
      ...NO_SETTINGS,
      webhooks: [{ name: 'dead', url: 'http://127.0.0.1:1/', actions: new Set(['push']), scope: '', headers: {} }],
    }

    await registry.client.pushImage('web', '1')
    await isOver('dead')

    expect((await deliveriesOf('dead'))[0]).toMatchObject({
      state: 'failed',
      attempts: [{ error: expect.stringContaining('ECONNREFUSED') }, {}, {}],
    })
  })
})

describe('a scope', () => {
  const event = (repository: string, tag?: string, action: WebhookEvent['action'] = 'push'): WebhookEvent => ({
    id: '',
    timestamp: '',
    action,
    target: { mediaType: '', digest: '', repository, ...(tag !== undefined && { tag }) },
  })

  it.each([
    ['', event('any', 'x'), true],
    ['web', event('web', 'latest'), true],
    ['web', event('web', '1'), false],
    ['web:1', event('web', '1'), true],
    ['web:1', event('web', '2'), false],
    ['web:*', event('web', '2'), true],
    ['web:*', event('webby', '2'), false],
    ['team/*', event('team/a/b', '1'), true],
    ['team/*', event('other', '1'), false],
    ['team/*:1', event('team/a', '1'), true],
    ['web:1', event('web', undefined, 'delete'), true],
    ['web:1', event('other', undefined, 'delete'), false],
  ])('%s: %j is %s', (scope, told, expected) => {
    expect(isInScope(scope, told)).toBe(expected)
  })
})

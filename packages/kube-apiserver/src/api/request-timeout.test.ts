import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { startWebhookServer, type WebhookServer } from '../testing/webhook-server.ts'
import { deadlineOf } from './request-timeout.ts'

describe('a request', () => {
  const secondsOf = (query: string, verb: string, subresource?: string, whose?: 'elsewhere') => {
    const target = { verb, ...(subresource && { subresource }) }
    const limit = deadlineOf(new URLSearchParams(query), target, whose)?.milliseconds
    return limit === undefined ? 'no end' : limit / 1000
  }

  it.each<[string, number, ...Parameters<typeof secondsOf>]>([
    ['reads for a minute', 60, '', 'get'],
    ['writes for as long as its webhooks may take', 34, '', 'create'],
    ['writes what others store for a minute', 60, '', 'create', undefined, 'elsewhere'],
    ['takes less time when it says so', 1.5, 'timeout=1s500ms', 'patch'],
    ['never takes more', 60, 'timeout=2h', 'list'],
    ['takes no time of the past', 60, 'timeout=-5s', 'list'],
    ['takes none for no limit', 60, 'timeout=0', 'list'],
  ])('%s', (_, seconds, ...asked) => {
    expect(secondsOf(...asked)).toBe(seconds)
  })

  it.each([
    ['watch', undefined],
    ['get', 'log'],
    ['create', 'exec'],
    ['create', 'attach'],
    ['get', 'portforward'],
    ['get', 'proxy'],
  ])('may take as long as it takes: %s %s', (verb, subresource) => {
    expect(secondsOf('timeout=1s', verb, subresource)).toBe('no end')
  })
})

describe('a request that is late', () => {
  let api: TestServer
  let hook: WebhookServer
  let askedAt = ''
  beforeAll(async () => {
    api = await startTestServer()
    hook = await startWebhookServer('AdmissionReview', 'admission.k8s.io/v1', (_, path) => {
      askedAt = path
      return { silent: true }
    })
  })
  afterAll(async () => {
    hook.stop()
    await api.stop()
  })

  it('is not done after its answer, whatever its webhooks say later', async () => {
    const webhook = {
      name: 'silent.example.com',
      clientConfig: hook.client,
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
      failurePolicy: 'Ignore',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    }
    await api.call('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      body: { metadata: { name: 'silent' }, webhooks: [webhook] },
    })

    const path = '/api/v1/namespaces/default/configmaps'
    const late = await api.call('POST', `${path}?timeout=300ms`, { body: { metadata: { name: 'late' } } })

    expect([late.status, late.body.reason, late.body.message]).toEqual([
      504,
      'Timeout',
      'Timeout: request did not complete within requested timeout - context deadline exceeded',
    ])
    expect(askedAt).toBe('/hook?timeout=1s')
    // Whatever would be done of it would be done before this.
    await api.call('POST', `${path}?timeout=300ms`, { body: { metadata: { name: 'later' } } })
    expect(
      (await api.call('GET', path)).body.items.map(({ metadata }: never) => (metadata as { name: string }).name),
    ).toEqual(['kube-root-ca.crt'])
  })

  it('of which half of the body came is answered, and its connection closed', async () => {
    const headers = { 'content-length': '1000', connection: 'keep-alive' }
    const path = '/api/v1/namespaces/default/secrets?timeout=200ms'

    const late = await api.call('POST', path, { body: '{', headers })

    expect([late.status, late.headers.connection]).toEqual([504, 'close'])
  })
})

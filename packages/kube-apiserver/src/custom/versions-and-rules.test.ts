import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { openWatch } from '../testing/watch-client.ts'
import { startWebhookServer, type WebhookServer } from '../testing/webhook-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const MERGE = 'application/merge-patch+json'

async function define(plural: string, kind: string, versions: object[], extra: object = {}): Promise<void> {
  const body = {
    metadata: { name: `${plural}.rules.dev` },
    spec: { group: 'rules.dev', scope: 'Cluster', names: { plural, kind }, versions, ...extra },
  }
  expect((await api.call('POST', CRDS, { body })).status).toBe(201)
}

const version = (name: string, spec: object, storage = true) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', ...spec } } } },
})

describe('rules of a schema', () => {
  it('are asked of new objects and of changes', async () => {
    const rules = [
      { rule: 'self.min <= self.max', messageExpression: 'self.name + ": min is above max"' },
      { rule: 'self.name == oldSelf.name', message: 'name is for ever', fieldPath: '.name' },
    ]
    const properties = { min: { type: 'integer' }, max: { type: 'integer' }, name: { type: 'string' } }
    await define('ranges', 'Range', [version('v1', { properties, 'x-kubernetes-validations': rules })])
    const range = (name: string, spec: object) => ({
      apiVersion: 'rules.dev/v1',
      kind: 'Range',
      metadata: { name },
      spec,
    })
    const path = '/apis/rules.dev/v1/ranges'

    const wrong = await api.call('POST', path, { body: range('a', { min: 3, max: 2, name: 'x' }) })
    expect(wrong.body.message).toBe(
      'Range.rules.dev "a" is invalid: spec: Invalid value: "object": x: min is above max',
    )
    expect((await api.call('POST', path, { body: range('a', { min: 1, max: 2, name: 'x' }) })).status).toBe(201)
    const renamed = await api.call('PATCH', `${path}/a`, { type: MERGE, body: { spec: { name: 'y' } } })
    expect(renamed.body.message).toContain('spec.name: Invalid value: "object": name is for ever')
    expect((await api.call('PATCH', `${path}/a`, { type: MERGE, body: { spec: { max: 9 } } })).status).toBe(200)
  })

  it('must be expressions', async () => {
    const bad = version('v1', { 'x-kubernetes-validations': [{ rule: 'self. ==' }] })
    const body = {
      metadata: { name: 'bads.rules.dev' },
      spec: { group: 'rules.dev', scope: 'Cluster', names: { plural: 'bads', kind: 'Bad' }, versions: [bad] },
    }

    const { status, body: answer } = await api.call('POST', CRDS, { body })

    expect(status).toBe(422)
    expect(answer.message).toContain('compilation failed')
  })
})

describe('a definition that changes', () => {
  it('gives its defaults to what is stored, and lets old faults be', async () => {
    await define('tools', 'Tool', [
      version('v1', { properties: { size: { type: 'integer' }, note: { type: 'string' } } }),
    ])
    const path = '/apis/rules.dev/v1/tools'
    await api.call('POST', path, {
      body: { apiVersion: 'rules.dev/v1', kind: 'Tool', metadata: { name: 'old' }, spec: { size: 50 } },
    })
    const { body: crd } = await api.call('GET', `${CRDS}/tools.rules.dev`)
    crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties = {
      size: { type: 'integer', maximum: 10 },
      note: { type: 'string' },
      colour: { type: 'string', default: 'red' },
    }
    expect((await api.call('PUT', `${CRDS}/tools.rules.dev`, { body: crd })).status).toBe(200)

    expect((await api.call('GET', `${path}/old`)).body.spec).toEqual({ size: 50, colour: 'red' })
    expect((await api.call('GET', path)).body.items[0].spec.colour).toBe('red')
    expect((await api.call('PATCH', `${path}/old`, { type: MERGE, body: { spec: { note: 'x' } } })).status).toBe(200)
    const worse = await api.call('PATCH', `${path}/old`, { type: MERGE, body: { spec: { size: 60 } } })
    expect(worse.body.message).toContain('spec.size in body should be less than or equal to 10')
  })
})

describe('a conversion webhook', () => {
  let hook: WebhookServer
  beforeAll(async () => {
    hook = await startWebhookServer('ConversionReview', 'apiextensions.k8s.io/v1', (request) => {
      const { objects, desiredAPIVersion } = request
      // biome-ignore lint/suspicious/noExplicitAny: objects as they come in.
      const convertedObjects = objects.map(({ spec, ...rest }: any) => ({
        ...rest,
        apiVersion: desiredAPIVersion,
        spec: desiredAPIVersion.endsWith('/v1')
          ? { hostPort: `${spec.host}:${spec.port}` }
          : { host: spec.hostPort.split(':')[0], port: spec.hostPort.split(':')[1] },
      }))
      return { convertedObjects, result: { status: 'Success' } }
    })
  })
  afterAll(() => hook.stop())

  it('is asked whenever the version differs: reads, lists, writes and patches', async () => {
    const conversion = { strategy: 'Webhook', webhook: { clientConfig: hook.client, conversionReviewVersions: ['v1'] } }
    await define(
      'hosts',
      'Host',
      [
        version('v1', { properties: { hostPort: { type: 'string' } } }),
        version('v2', { properties: { host: { type: 'string' }, port: { type: 'string' } } }, false),
      ],
      { conversion },
    )
    const [v1, v2] = ['/apis/rules.dev/v1/hosts', '/apis/rules.dev/v2/hosts']
    await api.call('POST', v1, {
      body: { apiVersion: 'rules.dev/v1', kind: 'Host', metadata: { name: 'a' }, spec: { hostPort: 'a.dev:80' } },
    })
    const made = await api.call('POST', v2, {
      body: { apiVersion: 'rules.dev/v2', kind: 'Host', metadata: { name: 'b' }, spec: { host: 'b.dev', port: '81' } },
    })

    expect(made.body.spec).toEqual({ host: 'b.dev', port: '81' })
    expect((await api.call('GET', `${v2}/a`)).body).toMatchObject({
      apiVersion: 'rules.dev/v2',
      spec: { host: 'a.dev', port: '80' },
    })
    const list = await api.call('GET', v1)
    expect(list.body.items.map(({ spec }: { spec: object }) => spec)).toEqual([
      { hostPort: 'a.dev:80' },
      { hostPort: 'b.dev:81' },
    ])
    const patched = await api.call('PATCH', `${v2}/a`, { type: MERGE, body: { spec: { port: '8080' } } })
    expect(patched.body.spec).toEqual({ host: 'a.dev', port: '8080' })
    expect((await api.call('GET', `${v1}/a`)).body.spec).toEqual({ hostPort: 'a.dev:8080' })
  })

  it('says which objects have a field that only another version than the stored one has', async () => {
    const conversion = { strategy: 'Webhook', webhook: { clientConfig: hook.client, conversionReviewVersions: ['v1'] } }
    const strings = (...names: string[]) => ({
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    })
    const selectableFields = [{ jsonPath: '.spec.host' }]
    await define(
      'peers',
      'Peer',
      [version('v1', strings('hostPort')), { ...version('v2', strings('host', 'port'), false), selectableFields }],
      { conversion },
    )
    const [v1, v2] = ['/apis/rules.dev/v1/peers', '/apis/rules.dev/v2/peers']
    const make = (name: string, hostPort: string) =>
      api.call('POST', v1, {
        body: { apiVersion: 'rules.dev/v1', kind: 'Peer', metadata: { name }, spec: { hostPort } },
      })
    await make('a', 'x.dev:80')
    await make('b', 'y.dev:80')
    const query = 'fieldSelector=spec.host%3Dx.dev'

    const { body } = await api.call('GET', `${v2}?${query}`)
    expect(body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['a'])
    const watch = await openWatch(api, `${v2}?watch=true&${query}`)
    await make('c', 'y.dev:81')
    await make('d', 'x.dev:81')
    await api.call('PATCH', `${v1}/a`, { type: MERGE, body: { spec: { hostPort: 'z.dev:80' } } })
    const events = [await watch.next(), await watch.next(), await watch.next()]
    watch.close()

    expect(events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.spec?.host}`)).toEqual([
      'ADDED a x.dev',
      'ADDED d x.dev',
      'DELETED a x.dev',
    ])
  })
})

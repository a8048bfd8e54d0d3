import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCertificates } from '../certificates.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { openWatch } from '../testing/watch-client.ts'

const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices'
const TASTES = '/apis/tasting.example/v1'
const RESOURCES = [
  {
    name: 'wines',
    singularName: 'wine',
    namespaced: true,
    kind: 'Wine',
    verbs: ['get', 'list', 'deletecollection'],
    shortNames: ['wn'],
  },
  { name: 'wines/notes', singularName: '', namespaced: true, kind: 'Note', verbs: ['get'] },
]

let api: TestServer
let backend: Server
let caBundle: string
/** What the other server holds. */
let wines: { metadata: { name: string; finalizers?: string[] } }[] = []
/** Who the last request said it was, and what proved it. */
let asked: { url: string; user: unknown; groups: string[]; extra: unknown; client: string }

/** A server of an aggregated API: it believes the headers of whoever shows the front proxy's certificate. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = '', headers } = request
  const groups = request.rawHeaders.filter((_, i) => request.rawHeaders[i - 1]?.toLowerCase() === 'x-remote-group')
  const client = String((request.socket as TLSSocket).getPeerCertificate().subject?.CN)
  asked = { url, user: headers['x-remote-user'], groups, extra: headers['x-remote-extra-scopes'], client }
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (url === TASTES) send(200, { kind: 'APIResourceList', groupVersion: 'tasting.example/v1', resources: RESOURCES })
  else if (url === '/openapi/v3')
    send(200, { paths: { 'apis/tasting.example/v1': { serverRelativeURL: `/openapi/v3${TASTES}?hash=1` } } })
  else if (url.startsWith('/openapi/v3/')) send(200, { openapi: '3.0.0', info: { title: 'tasting' } })
  else if (url === `${TASTES}/namespaces/cellar/wines`) {
    if (request.method === 'DELETE') wines = wines.filter(({ metadata }) => metadata.finalizers)
    send(200, { kind: 'WineList', items: wines })
  } else if (url.includes('?watch=true')) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"type":"ADDED","object":{"kind":"Wine"}}\n')
  } else if (url.includes('/stalling?')) {
    return
  } else if (url.includes('/halting?')) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"kind":')
  } else send(url.endsWith('/none') ? 404 : 200, { kind: 'Wine', metadata: { name: url } })
}

const condition = async () => {
  const { body } = await api.call('GET', `${SERVICES}/v1.tasting.example`)
  const { status, reason, message } = body.status?.conditions?.[0] ?? {}
  return { status, reason, message }
}

beforeAll(async () => {
  api = await startTestServer()
  const { ca, server } = await createCertificates({ hosts: ['tasting.default.svc'], now: new Date() })
  caBundle = Buffer.from(ca.cert).toString('base64')
  const { body } = await api.call('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')
  const clientCa = body.data['requestheader-client-ca-file']
  backend = createServer(
    { key: server.key, cert: server.cert, ca: clientCa, requestCert: true, rejectUnauthorized: true },
    answer,
  )
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
  const { port } = backend.address() as AddressInfo
  await api.call('POST', '/api/v1/namespaces/default/services', {
    body: { metadata: { name: 'tasting' }, spec: { ports: [{ port: 443, targetPort: port }] } },
  })
  await api.call('POST', SERVICES, {
    body: {
      metadata: { name: 'v1.tasting.example' },
      spec: {
        group: 'tasting.example',
        version: 'v1',
        groupPriorityMinimum: 500,
        versionPriority: 10,
        caBundle,
        service: { namespace: 'default', name: 'tasting' },
      },
    },
  })
  await vi.waitFor(
    async () => expect(await condition()).toMatchObject({ status: 'False', reason: 'EndpointsNotFound' }),
    15_000,
  )
  await api.call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    body: {
      metadata: { name: 'tasting-1', labels: { 'kubernetes.io/service-name': 'tasting' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'] }],
      ports: [{ name: '', port }],
    },
  })
  await vi.waitFor(async () => expect(await condition()).toMatchObject({ status: 'True', reason: 'Passed' }), 15_000)
})
afterAll(async () => {
  await api.stop()
  backend.closeAllConnections()
  backend.close()
})

describe('an aggregated API', () => {
  it('is asked with the identity of whoever asks, as the front proxy', async () => {
    const path = `${TASTES}/namespaces/default/wines/chianti?pretty=true`
    const headers = {
      'impersonate-user': 'vera',
      'impersonate-group': 'system:masters',
      'impersonate-extra-scopes': 'all',
      'x-remote-user': 'somebody-else',
    }
    const { status, body } = await api.call('GET', path, { headers })

    expect({ status, name: body.metadata.name }).toEqual({ status: 200, name: path })
    expect(asked).toEqual({
      url: path,
      user: 'vera',
      groups: ['system:masters', 'system:authenticated'],
      extra: 'all',
      client: 'front-proxy-client',
    })
  })

  it('answers as it wants, errors and watches too', async () => {
    const gone = await api.call('GET', `${TASTES}/namespaces/default/wines/none`)
    expect({ status: gone.status, kind: gone.body.kind }).toEqual({ status: 404, kind: 'Wine' })
    const watch = await openWatch(api, `${TASTES}/wines?watch=true`)
    expect(await watch.next()).toEqual({ type: 'ADDED', object: { kind: 'Wine' } })
    watch.close()
  })

  it('that stalls is waited for as long as the request says, and at most a minute', async () => {
    const late = await api.call('GET', `${TASTES}/namespaces/cellar/wines/stalling?timeout=200ms`)
    const half = api.call('GET', `${TASTES}/namespaces/cellar/wines/halting?timeout=200ms`)

    await expect(half).rejects.toThrow('aborted')
    expect([late.status, late.headers['content-type'], late.body]).toEqual([
      504,
      'text/plain; charset=utf-8',
      {
        metadata: {},
        status: 'Failure',
        message: 'Timeout: request did not complete within the allotted timeout',
        reason: 'Timeout',
        details: {},
        code: 504,
      },
    ])
  })

  it('is guarded by the roles of this server', async () => {
    const headers = { 'impersonate-user': 'nobody' }
    const { body } = await api.call('GET', `${TASTES}/namespaces/default/wines/chianti/notes`, { headers })

    expect(body).toMatchObject({
      code: 403,
      message:
        'wines.tasting.example "chianti" is forbidden: User "nobody" cannot get resource "wines/notes" in API group "tasting.example" in the namespace "default"',
    })
  })

  it('is found by discovery in both forms and explained by its own OpenAPI', async () => {
    const { body: groups } = await api.call('GET', '/apis')
    expect(groups.groups.at(-1)).toMatchObject({ name: 'tasting.example', preferredVersion: { version: 'v1' } })
    expect((await api.call('GET', TASTES)).body.resources).toEqual(RESOURCES)
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { body: all } = await api.call('GET', '/apis', { accept })
    expect(all.items.at(-1).versions).toEqual([
      {
        version: 'v1',
        freshness: 'Current',
        resources: [
          {
            resource: 'wines',
            responseKind: { group: 'tasting.example', version: 'v1', kind: 'Wine' },
            scope: 'Namespaced',
            singularResource: 'wine',
            verbs: ['get', 'list', 'deletecollection'],
            shortNames: ['wn'],
            subresources: [
              {
                subresource: 'notes',
                responseKind: { group: 'tasting.example', version: 'v1', kind: 'Note' },
                verbs: ['get'],
              },
            ],
          },
        ],
      },
    ])
    const { body: index } = await api.call('GET', '/openapi/v3')
    const { body } = await api.call('GET', index.paths['apis/tasting.example/v1'].serverRelativeURL)
    expect(body.info.title).toBe('tasting')
  })

  it('is emptied before a namespace goes', async () => {
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'cellar' } } })
    wines = [{ metadata: { name: 'a' } }, { metadata: { name: 'b', finalizers: ['tasting.example/age'] } }]
    await api.call('DELETE', '/api/v1/namespaces/cellar')
    const conditions = async () => {
      const { body } = await api.call('GET', '/api/v1/namespaces/cellar')
      return (body.status?.conditions ?? []).map(({ message }: { message: string }) => message)
    }
    await expect
      .poll(conditions)
      .toContain('Some resources are remaining: wines.tasting.example has 1 resource instances')
    expect(await conditions()).toContain(
      'Some content in the namespace has finalizers remaining: tasting.example/age in 1 resource instances',
    )
    wines = [{ metadata: { name: 'b' } }]
    await expect
      .poll(async () => (await api.call('GET', '/api/v1/namespaces/cellar')).status, { timeout: 5000 })
      .toBe(404)
    expect(wines).toEqual([])
  })

  it('that is not who its CA says is not believed', async () => {
    const patch = (spec: object) =>
      api.call('PATCH', `${SERVICES}/v1.tasting.example`, { type: 'application/merge-patch+json', body: { spec } })
    await patch({ caBundle: Buffer.from((await createCertificates({ now: new Date() })).ca.cert).toString('base64') })
    const { status, body } = await api.call('GET', `${TASTES}/wines`)
    expect({ status, body: String(body) }).toEqual({
      status: 503,
      body: expect.stringContaining('error trying to reach service'),
    })

    await patch({ caBundle: null, insecureSkipTLSVerify: true })
    expect((await api.call('GET', `${TASTES}/wines`)).status).toBe(200)
    await patch({ caBundle, insecureSkipTLSVerify: null })
  })

  it('is unavailable without its Service, and is gone with its APIService', async () => {
    await api.call('DELETE', '/api/v1/namespaces/default/services/tasting')
    await expect
      .poll(condition)
      .toEqual({ status: 'False', reason: 'ServiceNotFound', message: 'service/tasting in "default" is not present' })
    const { status, body } = await api.call('GET', `${TASTES}/wines`)
    expect({ status, body }).toEqual({ status: 503, body: 'service unavailable\n' })
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
    const table = await api.call('GET', `${SERVICES}/v1.tasting.example`, { accept })
    expect(table.body.rows[0].cells.slice(0, 3)).toEqual([
      'v1.tasting.example',
      'default/tasting',
      'False (ServiceNotFound)',
    ])

    await api.call('DELETE', `${SERVICES}/v1.tasting.example`)
    await expect.poll(async () => (await api.call('GET', `${TASTES}/wines`)).status).toBe(404)
    expect((await api.call('GET', '/apis')).body.groups.at(-1).name).not.toBe('tasting.example')
  })
})

describe('the APIs of the server itself', () => {
  it('have an APIService each, custom resources as long as they are defined', async () => {
    await expect
      .poll(async () => (await api.call('GET', `${SERVICES}/v1.apps`)).body)
      .toMatchObject({
        metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
        spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15 },
        status: {
          conditions: [
            { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' },
          ],
        },
      })
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const schema = { openAPIV3Schema: { type: 'object' } }
    const names = { plural: 'cups', singular: 'cup', kind: 'Cup', listKind: 'CupList' }
    const spec = {
      group: 'cups.example',
      scope: 'Cluster',
      names,
      versions: [{ name: 'v2', served: true, storage: true, schema }],
    }
    await api.call('POST', crds, { body: { metadata: { name: 'cups.cups.example' }, spec } })
    const found = async () => (await api.call('GET', `${SERVICES}/v2.cups.example`)).status
    await expect.poll(found).toBe(200)
    await api.call('DELETE', `${crds}/cups.cups.example`)
    await expect.poll(found).toBe(404)
  })
})

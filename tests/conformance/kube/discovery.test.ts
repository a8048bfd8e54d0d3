import { describe, expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'

useCluster()

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

describe('discovery', () => {
  it('prefers a version of every group, in which every resource is found', async () => {
    const { body } = await call('GET', '/apis')
    for (const { name, versions, preferredVersion } of body.groups) {
      expect(versions).toContainEqual(preferredVersion)
      const group = (await call('GET', `/apis/${name}`)).body
      expect(group).toMatchObject({ kind: 'APIGroup', name, preferredVersion })
      const list = (await call('GET', `/apis/${preferredVersion.groupVersion}`)).body
      expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: preferredVersion.groupVersion })
    }
  })

  it('is given in one answer to whoever asks for it', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { body, headers } = await call('GET', '/apis', { accept })

    expect(String(headers['content-type'])).toContain('as=APIGroupDiscoveryList')
    const apps = body.items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === 'apps')
    const deployments = apps.versions[0].resources.find(
      ({ resource }: { resource: string }) => resource === 'deployments',
    )
    expect(deployments).toMatchObject({
      responseKind: { kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
      shortNames: ['deploy'],
      categories: ['all'],
    })
  })

  it('has OpenAPI in both versions, the second with an ETag', async () => {
    const second = await call('GET', '/openapi/v2')
    expect(second.body.definitions['io.k8s.api.apps.v1.Deployment'].properties.spec.$ref).toContain('DeploymentSpec')
    const again = await call('GET', '/openapi/v2', { headers: { 'if-none-match': String(second.headers.etag) } })
    expect(again.status).toBe(304)
    const { body } = await call('GET', '/openapi/v3')
    const { body: apps } = await call('GET', body.paths['apis/apps/v1'].serverRelativeURL)
    expect(apps.components.schemas['io.k8s.api.apps.v1.Deployment']).toBeDefined()
  })

  it.each([
    ['apis/apps', '/apis/apps/', 'getAppsAPIGroup', `${META}APIGroup`],
    ['api', '/api/', 'getCoreAPIVersions', `${META}APIVersions`],
    ['apis', '/apis/', 'getAPIVersions', `${META}APIGroupList`],
    ['version', '/version/', 'getCodeVersion', 'io.k8s.apimachinery.pkg.version.Info'],
  ])('describes %s in OpenAPI, too, which holds no resources', async (document, path, operationId, schema) => {
    const { body: index } = await call('GET', '/openapi/v3')
    const { body } = await call('GET', index.paths[document].serverRelativeURL)

    expect(Object.keys(body.paths)).toEqual([path])
    const { get } = body.paths[path]
    expect(get.operationId).toBe(operationId)
    expect(get.responses[200].content['application/json'].schema.$ref).toBe(`#/components/schemas/${schema}`)
    expect(Object.keys(body.components.schemas)).toContain(schema)
  })

  it('describes the keys of ServiceAccount tokens in OpenAPI without a schema', async () => {
    const { body } = await call('GET', '/openapi/v3/openid/v1/jwks')
    const { content } = body.paths['/openid/v1/jwks/'].get.responses[200]
    expect(content).toEqual({ 'application/jwk-set+json': { schema: { type: 'string' } } })
    expect(body.components).not.toHaveProperty('schemas')
  })

  it('says that there is priority and fairness, so that clients need not limit themselves', async () => {
    const { headers } = await call('HEAD', '/livez/ping')
    const uidOf = async (plural: string) =>
      (await call('GET', `/apis/flowcontrol.apiserver.k8s.io/v1/${plural}/exempt`)).body.metadata.uid

    expect(headers['x-kubernetes-pf-flowschema-uid']).toBe(await uidOf('flowschemas'))
    expect(headers['x-kubernetes-pf-prioritylevel-uid']).toBe(await uidOf('prioritylevelconfigurations'))
  })

  it('tells version and health', async () => {
    expect((await call('GET', '/version')).body).toMatchObject({
      major: '1',
      gitVersion: expect.stringMatching(/^v1\./),
    })
    expect((await call('GET', '/readyz')).body).toBe('ok')
    expect((await call('GET', '/livez?verbose')).body).toContain('[+]ping ok')
    expect((await call('GET', '/nothing')).status).toBe(404)
  })
})

describe('answers', () => {
  it.each([
    '/version',
    '/nothing',
    '/api/v1/pods/a/b',
  ])('of %s have a name, which the client may give', async (path) => {
    const { headers } = await call('GET', path)
    expect(headers['audit-id']).toMatch(/^[0-9a-f]{8}-/)
    const { headers: given } = await call('GET', path, { headers: { 'audit-id': 'mine' } })
    expect(given['audit-id']).toBe('mine')
  })

  it.each([
    '/nothing',
    '/livez/nothing',
  ])('that say in plain text that there is no %s are taken for no other type', async (path) => {
    const { status, headers, body } = await call('GET', path)
    expect({ status, body }).toEqual({ status: 404, body: '404 page not found\n' })
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('without their bodies are not given of objects', async () => {
    expect((await call('HEAD', '/api/v1/namespaces')).status).toBe(405)
    expect((await call('HEAD', '/api/v1/namespaces/default')).status).toBe(405)
  })
})

describe('custom resources', () => {
  const group = `conformance-${Math.random().toString(36).slice(2, 8)}.example.com`
  const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

  it('are found, explained and listed as soon as they are established, and gone with their definition', async () => {
    const openAPIV3Schema = {
      type: 'object',
      description: 'A gauge.',
      properties: { spec: { type: 'object', properties: { level: { type: 'integer', minimum: 0 } } } },
    }
    const names = { plural: 'gauges', singular: 'gauge', kind: 'Gauge', listKind: 'GaugeList', shortNames: ['gg'] }
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema },
      selectableFields: [{ jsonPath: '.spec.level' }],
    }
    const body = {
      metadata: { name: `gauges.${group}` },
      spec: { group, scope: 'Cluster', names, versions: [version] },
    }
    expect((await call('POST', CRDS, { body })).status).toBe(201)
    const gauges = `/apis/${group}/v1/gauges`
    await expect.poll(async () => (await call('GET', gauges)).status).toBe(200)

    const made = await call('POST', gauges, {
      body: { apiVersion: `${group}/v1`, kind: 'Gauge', metadata: { name: 'a' }, spec: { level: 3, none: 1 } },
    })
    expect(made.body.spec).toEqual({ level: 3 })
    const low = await call('POST', gauges, {
      body: { apiVersion: `${group}/v1`, kind: 'Gauge', metadata: { name: 'b' }, spec: { level: -1 } },
    })
    expect(low.body.message).toContain('spec.level in body should be greater than or equal to 0')
    expect((await call('GET', `${gauges}?fieldSelector=spec.level%3D3`)).body.items).toHaveLength(1)
    expect((await call('GET', `${gauges}?fieldSelector=spec.level%3D4`)).body.items).toHaveLength(0)

    const definition = `${group.split('.').toReversed().join('.')}.v1.Gauge`
    await expect
      .poll(async () => (await call('GET', '/openapi/v2')).body.definitions[definition]?.description, {
        timeout: 30_000,
        interval: 500,
      })
      .toBe('A gauge.')
    await call('DELETE', `${CRDS}/gauges.${group}`)
    await expect.poll(async () => (await call('GET', gauges)).status).toBe(404)
  })

  it('are described in OpenAPI as generators of clients and documentation want it', async () => {
    const name = { type: 'string', example: 'a', externalDocs: { url: 'https://example.com' } }
    const port = { 'x-kubernetes-int-or-string': true }
    const open = { 'x-kubernetes-preserve-unknown-fields': true, required: ['name', 'port'] }
    const spec = { type: 'object', properties: { name: { ...name, nullable: true }, port }, ...open }
    const openAPIV3Schema = { type: 'object', properties: { spec } }
    const names = { plural: 'owls', singular: 'owl', kind: 'Owl', listKind: 'OwlList' }
    const selectableFields = [{ jsonPath: '.spec.name' }]
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, selectableFields }
    const own = `the-${group}.k8s.io`
    const body = {
      metadata: {
        name: `owls.${own}`,
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests only' },
      },
      spec: { group: own, scope: 'Cluster', names, versions: [version] },
    }
    expect((await call('POST', CRDS, { body })).status).toBe(201)
    const read = async () => (await call('GET', `/openapi/v3/apis/${own}/v1`)).body
    await expect.poll(async () => (await read()).paths, { timeout: 30_000, interval: 500 }).toBeDefined()

    const { paths, components } = await read()
    const { post, get } = paths[`/apis/${own}/v1/owls`]
    const words = own.replace('.k8s.io', '').replace(/[.-](.)/g, (_, next: string) => next.toUpperCase())
    expect(post).toMatchObject({
      description: 'create an Owl',
      operationId: `createT${words.slice(1)}V1Owl`,
      tags: [`${words}_v1`],
    })
    expect(get.operationId).toBe(`listT${words.slice(1)}V1Owl`)
    expect((await read()).info).toEqual({ title: 'Kubernetes CRD Swagger', version: 'v0.1.0' })
    expect(components).not.toHaveProperty('securitySchemes')
    const { [`${META}DeleteOptions`]: options } = components.schemas
    const groups = options['x-kubernetes-group-version-kind'].map(({ group: one }: { group: string }) => one)
    expect(groups).toContain('apps')
    expect(groups).not.toContain('apiextensions.k8s.io')
    const definition = `${own.split('.').toReversed().join('.')}.v1.Owl`
    const { [definition]: owl } = components.schemas
    const { properties } = owl.properties.spec
    expect(properties.name).toEqual({ type: 'string', nullable: true })
    expect(properties.port).toEqual({ ...port, anyOf: [{ type: 'integer' }, { type: 'string' }] })
    const plain = async () => (await call('GET', '/openapi/v2')).body.definitions[definition]?.properties.spec
    await expect.poll(plain, { timeout: 30_000, interval: 500 }).toEqual(open)
    expect(owl['x-kubernetes-selectable-fields']).toEqual([{ fieldPath: 'spec.name' }])
    await call('DELETE', `${CRDS}/owls.${own}`)
  })
})

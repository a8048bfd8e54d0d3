import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', maximum: 10 },
        colour: { type: 'string', default: 'red' },
        replicas: { type: 'integer' },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
}
const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: schema },
  subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
  additionalPrinterColumns: [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
})
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.test.dev' },
  spec: {
    group: 'test.dev',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [version('v1beta1', false), version('v1', true)],
  },
}
const WIDGETS = '/apis/test.dev/v1/namespaces/default/widgets'
const widget = (name: string, spec: object) => ({ apiVersion: 'test.dev/v1', kind: 'Widget', metadata: { name }, spec })

describe('a custom resource', () => {
  it('is served at once when its definition is created', async () => {
    const crd = await api.call('POST', CRDS, { body: definition })
    const created = await api.call('POST', WIDGETS, { body: widget('one', { size: 3, unknown: 1 }) })
    const discovery = await api.call('GET', '/apis/test.dev/v1')

    expect(
      crd.body.status.conditions.map(({ type, status }: { type: string; status: string }) => `${type}=${status}`),
    ).toEqual(['NamesAccepted=True', 'Established=True'])
    expect(created.body.spec).toEqual({ size: 3, colour: 'red' })
    expect(created.body.metadata.generation).toBe(1)
    expect(discovery.body.resources.map(({ name }: { name: string }) => name)).toEqual([
      'widgets',
      'widgets/status',
      'widgets/scale',
    ])
  })

  it('has the default of its status, whatever status a client sends with it', async () => {
    const status = { type: 'object', properties: { seen: { type: 'integer' } }, default: { seen: -1 } }
    const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object' }, status } }
    const versions = [{ ...version('v1', true), schema: { openAPIV3Schema } }]
    const names = { plural: 'seens', kind: 'Seen' }
    const spec = { ...definition.spec, group: 'seen.dev', names, versions }
    await api.call('POST', CRDS, { body: { ...definition, metadata: { name: 'seens.seen.dev' }, spec } })

    const body = { apiVersion: 'seen.dev/v1', kind: 'Seen', metadata: { name: 'one' }, spec: {}, status: { seen: 7 } }
    const created = await api.call('POST', '/apis/seen.dev/v1/namespaces/default/seens', { body })

    expect(created.body.status).toEqual({ seen: -1 })
    expect(JSON.stringify(created.body.metadata.managedFields)).not.toContain('f:status')
  })

  it('is checked against its schema', async () => {
    const missing = await api.call('POST', WIDGETS, { body: widget('bad', {}) })
    const large = await api.call('POST', WIDGETS, { body: widget('bad', { size: 11 }) })

    expect(missing.body).toMatchObject({
      code: 422,
      message: 'Widget.test.dev "bad" is invalid: spec.size: Required value',
    })
    expect(large.body.message).toContain('spec.size')
  })

  it('has its status checked alone when that is written, and its fields named from there', async () => {
    const spec = { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] }
    const status = { type: 'object', properties: { phase: { type: 'string', maxLength: 3 } } }
    const checked = { type: 'object', properties: { spec, status } }
    const versions = [{ ...version('v1', true), schema: { openAPIV3Schema: checked } }]
    const body = {
      ...definition,
      metadata: { name: 'checkeds.alone.dev' },
      spec: { ...definition.spec, group: 'alone.dev', names: { plural: 'checkeds', kind: 'Checked' }, versions },
    }
    await api.call('POST', CRDS, { body })
    const path = '/apis/alone.dev/v1/namespaces/default/checkeds'
    const made = { apiVersion: 'alone.dev/v1', kind: 'Checked', metadata: { name: 'a' }, spec: { size: 1 } }
    await api.call('POST', path, { body: made })
    const merge = 'application/merge-patch+json'
    const write = async (phase: unknown) =>
      (await api.call('PATCH', `${path}/a/status`, { type: merge, body: { status: { phase } } })).body.details?.causes

    expect(await write(1)).toMatchObject([
      {
        field: 'status.phase',
        message: 'Invalid value: "integer": phase in body must be of type string: "integer"',
      },
    ])
    expect(await write('long')).toMatchObject([{ field: 'status.phase', reason: 'FieldValueTooLong' }])
    expect(await write('ok')).toBeUndefined()
  })

  it('shows the columns of its definition', async () => {
    await api.call('PATCH', `${WIDGETS}/one/status`, {
      body: {
        status: {
          conditions: [
            { type: 'Other', status: 'False' },
            { type: 'Ready', status: 'True' },
          ],
        },
      },
      type: 'application/merge-patch+json',
    })

    const { body } = await api.call('GET', WIDGETS, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })

    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Size', 'Ready', 'Age'])
    expect(body.rows[0].cells.slice(0, 3)).toEqual(['one', 3, 'True'])
  })

  it('is the same object in every served version', async () => {
    const { body } = await api.call('GET', '/apis/test.dev/v1beta1/namespaces/default/widgets/one')

    expect(body).toMatchObject({ apiVersion: 'test.dev/v1beta1', kind: 'Widget', spec: { size: 3 } })
  })

  it('shows its Scale in columns', async () => {
    const { body } = await api.call('GET', `${WIDGETS}/one/scale`, {
      accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
    })

    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      ...['Name', 'Desired', 'Available', 'Age'],
    ])
    expect(body.rows).toMatchObject([{ cells: ['one', expect.any(Number), 0, expect.any(String)] }])
  })

  it('is scaled through its subresource', async () => {
    const { body } = await api.call('PATCH', `${WIDGETS}/one/scale`, {
      body: { spec: { replicas: 4 } },
      type: 'application/merge-patch+json',
    })

    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } })
    expect((await api.call('GET', `${WIDGETS}/one`)).body).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 4 },
    })
  })

  it('must be updated with its resourceVersion, and takes no strategic merge patch', async () => {
    const put = await api.call('PUT', `${WIDGETS}/one`, { body: widget('one', { size: 1 }) })
    const patch = await api.call('PATCH', `${WIDGETS}/one`, {
      body: {},
      type: 'application/strategic-merge-patch+json',
    })

    expect(put.body.message).toBe(
      'widgets.test.dev "one" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    )
    expect(patch.status).toBe(415)
  })

  it('is described in OpenAPI', async () => {
    const { body } = await api.call('GET', '/openapi/v3/apis/test.dev/v1')

    expect(body.components.schemas['dev.test.v1.Widget'].properties.spec.properties.size).toMatchObject({
      type: 'integer',
    })
  })

  it('goes with its definition, which only its deletion keeps for that', async () => {
    const { body: before } = await api.call('GET', `${CRDS}/widgets.test.dev`)
    expect(before.metadata.finalizers).toBeUndefined()
    const { body: deleted } = await api.call('DELETE', `${CRDS}/widgets.test.dev`)
    expect(deleted.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    expect(deleted.status.conditions.at(-1)).toMatchObject({ type: 'Terminating', reason: 'InstanceDeletionPending' })
    for (let status = 200; status !== 404; ) ({ status } = await api.call('GET', `${CRDS}/widgets.test.dev`))

    expect((await api.call('GET', WIDGETS)).status).toBe(404)
    expect(api.store.list('/registry/test.dev/').entries).toEqual([])
  })

  it('goes with its definition also when nothing of it is served any more, nor its conversion there', async () => {
    const clientConfig = { url: 'https://127.0.0.1:1/', caBundle: '' }
    const webhook = { clientConfig, conversionReviewVersions: ['v1'] }
    const versions = [version('v1', false), version('v1beta1', true)]
    const spec = { ...definition.spec, group: 'gone.dev', names: { plural: 'gones', kind: 'Gone' }, versions }
    const body = { ...definition, metadata: { name: 'gones.gone.dev' }, spec }
    await api.call('POST', CRDS, { body })
    const gone = { apiVersion: 'gone.dev/v1beta1', kind: 'Gone', metadata: { name: 'a' }, spec: { size: 1 } }
    expect((await api.call('POST', '/apis/gone.dev/v1beta1/namespaces/default/gones', { body: gone })).status).toBe(201)
    const unserved = {
      conversion: { strategy: 'Webhook', webhook },
      versions: versions.map((one) => ({ ...one, served: false })),
    }
    const changed = await api.call('PATCH', `${CRDS}/gones.gone.dev`, {
      type: 'application/merge-patch+json',
      body: { spec: unserved },
    })
    expect(changed.status).toBe(200)

    await api.call('DELETE', `${CRDS}/gones.gone.dev`)
    await expect.poll(async () => (await api.call('GET', `${CRDS}/gones.gone.dev`)).status).toBe(404)
    expect(api.store.list('/registry/gone.dev/').entries).toEqual([])
  })
})

describe('a definition', () => {
  const named = (group: string, plural: string, extra: object = {}, versions: object[] = [version('v1', true)]) => ({
    ...definition,
    metadata: { name: `${plural}.${group}`, ...extra },
    spec: { ...definition.spec, group, names: { plural, kind: 'Thing' }, versions },
  })

  it('that lets a version go makes applies fail where fields are managed in it, until another write', async () => {
    const versions = [version('v1', true), version('v1beta1', false)]
    const crd = named('past.dev', 'pasts', {}, versions)
    await api.call('POST', CRDS, { body: crd })
    const past = (apiVersion: string, spec: object) => ({
      apiVersion: `past.dev/${apiVersion}`,
      kind: 'Thing',
      metadata: { name: 'a' },
      spec,
    })
    const path = '/apis/past.dev/v1/namespaces/default/pasts'
    await api.call('POST', '/apis/past.dev/v1beta1/namespaces/default/pasts', { body: past('v1beta1', { size: 1 }) })
    const merge = 'application/merge-patch+json'
    const onlyFirst = { spec: { versions: versions.slice(0, 1) } }
    await api.call('PATCH', `${CRDS}/pasts.past.dev`, { type: merge, body: onlyFirst })
    const apply = () =>
      api.call('PATCH', `${path}/a?fieldManager=me`, {
        type: 'application/apply-patch+yaml',
        body: past('v1', { replicas: 1 }),
      })

    expect((await apply()).body).toMatchObject({
      code: 500,
      message: 'request to convert CR to an invalid group/version: past.dev/v1beta1',
    })
    const patched = await api.call('PATCH', `${path}/a`, { type: merge, body: { spec: { size: 2 } } })
    expect([patched.status, patched.body.metadata.managedFields]).toEqual([200, undefined])
    expect((await apply()).status).toBe(200)
  })

  it('is preferred in the most stable version of its group, whichever definition came first', async () => {
    await api.call('POST', CRDS, { body: named('many.dev', 'firsts', {}, [version('v1beta1', true)]) })
    const versions = [version('v1', true), version('v1beta1', false)]
    const second = { ...named('many.dev', 'seconds', {}, versions) }
    second.spec.names = { plural: 'seconds', kind: 'Second' }
    await api.call('POST', CRDS, { body: second })

    const { body } = await api.call('GET', '/apis/many.dev')

    expect(body.preferredVersion.version).toBe('v1')
    expect(body.versions.map((one: { version: string }) => one.version)).toEqual(['v1', 'v1beta1'])
  })

  // client-go names what it asked for in its errors when there is no Status.
  it.each([
    ['/apis/path.dev/v1/others', '404 page not found'],
    ['/apis/path.dev/v2', '404 page not found'],
    ['/apis/path.dev/v2/namespaces/default/paths', '404 page not found'],
    ['/apis/path.dev/v1/paths/a', '404 page not found'],
    ['/apis/path.dev/v1/namespaces/default/paths/a/other', 'paths.path.dev \\"a\\" not found'],
  ])('is answered like a real server does where there is nothing: %s', async (path, text) => {
    await api.call('POST', CRDS, { body: named('path.dev', 'paths', {}, [version('v1', true)]) })

    const answer = await api.call('GET', path)

    expect(answer.status).toBe(404)
    expect(answer.text).toContain(text)
  })

  it('tells who asks for a deprecated version which one is better', async () => {
    const versions = [
      { ...version('v1', true) },
      { ...version('v1beta1', false), deprecated: true },
      { ...version('v2alpha1', false), deprecated: true, deprecationWarning: 'not any more' },
    ]
    await api.call('POST', CRDS, { body: named('old.dev', 'things', {}, versions) })
    const warningOf = async (path: string) => (await api.call('GET', `/apis/old.dev/${path}/things`)).headers.warning

    expect(await warningOf('v1')).toBeUndefined()
    expect(await warningOf('v1beta1')).toBe('299 - "old.dev/v1beta1 Thing is deprecated; use old.dev/v1 Thing"')
    expect(await warningOf('v2alpha1')).toBe('299 - "not any more"')
  })

  it.each([
    [undefined, 'Required value: protected groups must have approval annotation'],
    ['because', 'Invalid value: "because": protected groups must have approval annotation'],
  ])("of a group of Kubernetes' own is refused with the approval %j", async (approval, why) => {
    const annotations = approval === undefined ? {} : { 'api-approved.kubernetes.io': approval }
    const { status, body } = await api.call('POST', CRDS, { body: named('x.k8s.io', 'things', { annotations }) })

    expect(status).toBe(422)
    expect(body.message).toContain(`metadata.annotations[api-approved.kubernetes.io]: ${why}`)
  })

  it.each([
    ['https://example.com/1', 'True', 'ApprovedAnnotation', 'approved in https://example.com/1'],
    ['unapproved, a test', 'False', 'UnapprovedAnnotation', 'not approved: "unapproved, a test"'],
  ])("of a group of Kubernetes' own says that it is %j", async (approval, status, reason, message) => {
    const annotations = { 'api-approved.kubernetes.io': approval }
    const { body } = await api.call('POST', `${CRDS}?dryRun=All`, {
      body: named('y.k8s.io', 'things', { annotations }),
    })

    const [first] = body.status.conditions
    expect(first).toMatchObject({ type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message })
  })
})

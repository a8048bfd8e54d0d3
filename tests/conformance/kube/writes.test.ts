import { describe, expect, it } from 'vitest'
import { APPLY, call, JSON_PATCH, MERGE, STRATEGIC, useCluster } from './cluster.ts'

const place = useCluster()
const maps = () => `/api/v1/namespaces/${place.namespace}/configmaps`
const deployments = () => `/apis/apps/v1/namespaces/${place.namespace}/deployments`
const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'a', image: 'x:1', env: [{ name: 'A', value: '1' }] }] },
    },
  },
})

describe('patches', () => {
  it('JSON: a failed test changes nothing', async () => {
    await call('POST', maps(), { body: { metadata: { name: 'json' }, data: { a: '1' } } })
    const good = [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/b', value: '2' },
      { op: 'remove', path: '/data/a' },
    ]

    expect((await call('PATCH', `${maps()}/json`, { type: JSON_PATCH, body: good })).body.data).toEqual({ b: '2' })
    const failed = await call('PATCH', `${maps()}/json`, { type: JSON_PATCH, body: good })
    expect(failed.status).toBe(422)
    expect((await call('GET', `${maps()}/json`)).body.data).toEqual({ b: '2' })
  })

  it('merge: null removes', async () => {
    await call('POST', maps(), { body: { metadata: { name: 'merge' }, data: { a: '1', b: '2' } } })
    const { body } = await call('PATCH', `${maps()}/merge`, { type: MERGE, body: { data: { a: null, c: '3' } } })

    expect(body.data).toEqual({ b: '2', c: '3' })
  })

  it('strategic: lists merge by their keys, and $patch directives are obeyed', async () => {
    await call('POST', deployments(), { body: deployment('strategic') })
    const containers = [
      { name: 'b', image: 'y:1' },
      { name: 'a', env: [{ name: 'B', value: '2' }] },
    ]
    const added = await call('PATCH', `${deployments()}/strategic`, {
      type: STRATEGIC,
      body: { spec: { template: { spec: { containers } } } },
    })
    const shape = (body: {
      spec: { template: { spec: { containers: { name: string; env?: { name: string }[] }[] } } }
    }) =>
      Object.fromEntries(
        body.spec.template.spec.containers.map(({ name, env = [] }) => [name, env.map((one) => one.name).toSorted()]),
      )

    expect(shape(added.body)).toEqual({ a: ['A', 'B'], b: [] })
    const removal = { spec: { template: { spec: { containers: [{ name: 'b', $patch: 'delete' }] } } } }
    const removed = await call('PATCH', `${deployments()}/strategic`, { type: STRATEGIC, body: removal })
    expect(shape(removed.body)).toEqual({ a: ['A', 'B'] })
  })

  it.each([
    [
      JSON_PATCH,
      [{ op: 1, path: '/data' }],
      400,
      'cannot unmarshal number into Go struct field jsonPatchOp.op of type',
    ],
    [JSON_PATCH, ['add'], 400, 'cannot unmarshal string into Go value of type handlers.jsonPatchOp'],
    [JSON_PATCH, [{ op: 'add', path: '/data/a/b', value: '1' }], 422, 'the server rejected our request'],
    [JSON_PATCH, [{ op: 'remove', path: '/data/toString' }], 422, 'the server rejected our request'],
    [MERGE, null, 400, 'Invalid JSON Patch'],
    [STRATEGIC, { data: { $retainKeys: [], a: '1' } }, 400, 'invalid patch format of retainKeys'],
    [STRATEGIC, { data: { $patch: 'x' } }, 500, 'unknown patch type: x in map: map[$patch:x]'],
  ])('%s: refuses %j', async (type, body, status, message) => {
    await call('POST', maps(), { body: { metadata: { name: 'refusing' }, data: { a: '1' } } })
    const answer = await call('PATCH', `${maps()}/refusing`, { type, body })

    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(message) } })
  })

  it('JSON: what its operations have too much is told', async () => {
    await call('POST', maps(), { body: { metadata: { name: 'strict' }, data: { a: '1' } } })
    const body = [{ op: 'add', path: '/data/constructor', value: '2', note: 'x' }]
    const patch = (query: string) => call('PATCH', `${maps()}/strict${query}`, { type: JSON_PATCH, body })

    expect((await patch('')).headers.warning).toBe('299 - "json patch unknown field \\"[0].note\\""')
    expect((await patch('?fieldValidation=Ignore')).body.data).toEqual({ a: '1', constructor: '2' })
    expect((await patch('?fieldValidation=Strict')).body.message).toContain('json patch unknown field "[0].note"')
  })

  it('strategic: directives in what is new are fields that nobody knows', async () => {
    await call('POST', deployments(), { body: deployment('directives') })
    const volumes = [{ name: 'v', $retainKeys: ['name', 'emptyDir'], emptyDir: {} }]
    const body = { spec: { template: { spec: { volumes } } } }
    const { status, headers } = await call('PATCH', `${deployments()}/directives`, { type: STRATEGIC, body })

    expect([status, headers.warning]).toEqual([
      200,
      '299 - "unknown field \\"spec.template.spec.volumes[0].$retainKeys\\""',
    ])
  })

  it('of an unknown kind are a 415', async () => {
    const { status } = await call('PATCH', `${maps()}/json`, { type: 'application/unknown', body: {} })

    expect(status).toBe(415)
  })
})

describe('server-side apply', () => {
  const apply = (manager: string, body: object, query = '') =>
    call('PATCH', `${maps()}/applied?fieldManager=${manager}${query}`, { type: APPLY, body })
  const map = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data })

  it('creates, shares, refuses what another manages, takes over by force, and removes what it lets go', async () => {
    expect((await apply('one', map({ a: '1', b: '1' }))).status).toBe(201)
    expect((await apply('two', map({ c: '3' }))).body.data).toEqual({ a: '1', b: '1', c: '3' })

    const conflict = await apply('two', map({ a: '2', c: '3' }))
    expect(conflict.status).toBe(409)
    expect(conflict.body).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
    })
    expect((await apply('two', map({ a: '2', c: '3' }), '&force=true')).body.data).toEqual({ a: '2', b: '1', c: '3' })
    expect((await apply('two', map({ c: '3' }))).body.data).toEqual({ b: '1', c: '3' })
    const managers = (await call('GET', `${maps()}/applied`)).body.metadata.managedFields
    expect(managers.map(({ manager }: { manager: string }) => manager).toSorted()).toEqual(['one', 'two'])
  })

  it('needs a manager and knows every field', async () => {
    const unnamed = await call('PATCH', `${maps()}/applied`, { type: APPLY, body: map({}) })
    expect(unnamed.body.message).toContain('fieldManager: Required value: is required for apply patch')
    const unknown = await apply('one', { ...map({}), spec: {} })
    expect(unknown.status).toBe(500)
    expect(unknown.body.message).toBe(
      'failed to create typed patch object (/applied; /v1, Kind=ConfigMap): .spec: field not declared in schema',
    )
  })

  it('lets no manager of a name take the name along', async () => {
    await call('POST', maps(), { body: { metadata: { name: 'owned-name' }, data: { a: '1' } } })
    const fieldsV1 = { 'f:metadata': { 'f:name': {}, 'f:namespace': {}, 'f:uid': {} } }
    const entry = { manager: 'me', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 }
    const written = await call('PATCH', `${maps()}/owned-name`, {
      type: JSON_PATCH,
      body: [{ op: 'add', path: '/metadata/managedFields', value: [{ ...entry, time: '2026-01-01T00:00:00Z' }] }],
    })
    expect(written.body.metadata.managedFields).toMatchObject([{ fieldsV1 }])

    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned-name' }, data: { b: '2' } }
    const applied = await call('PATCH', `${maps()}/owned-name?fieldManager=me`, { type: APPLY, body })
    expect(applied.body).toMatchObject({
      metadata: { name: 'owned-name', namespace: place.namespace, uid: written.body.metadata.uid },
      data: { a: '1', b: '2' },
    })
    expect(applied.body.metadata.managedFields).toMatchObject([
      { manager: 'me', fieldsV1: { 'f:data': { 'f:b': {} } } },
    ])
  })

  it('of the same again writes nothing', async () => {
    const first = await apply('three', map({ d: '1' }))
    const second = await apply('three', map({ d: '1' }))

    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion)
  })
})

describe('an object of the whole cluster', () => {
  const classes = '/apis/storage.k8s.io/v1/storageclasses'

  it.each([
    ['PATCH', APPLY, '?fieldManager=me'],
    ['PATCH', MERGE, ''],
    ['PUT', undefined, ''],
  ])('loses the namespace that it is sent with: %s %s', async (method, type, query) => {
    const name = `${place.namespace}-class`
    const body = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name, namespace: 'elsewhere' },
      provisioner: 'example.com/none',
    }
    const made = await call('POST', classes, { body })
    const written = await call(method, `${classes}/${name}${query}`, { body, ...(type && { type }) })
    await call('DELETE', `${classes}/${name}`)

    expect([made, written].map(({ status, body }) => [status, body.metadata.namespace])).toEqual([
      [201, undefined],
      [200, undefined],
    ])
  })
})

describe('the generation', () => {
  const deployment = {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'x:1' }] } },
  }

  it.each([
    ['/apis/apps/v1', 'deployments', { spec: deployment }, { spec: { paused: true } }, [1, 1, 2, 3]],
    ['/apis/apps/v1', 'replicasets', { spec: deployment }, { spec: { minReadySeconds: 1 } }, [1, 1, 1, 2]],
    ['/apis/discovery.k8s.io/v1', 'endpointslices', { addressType: 'IPv4' }, { ports: [{ port: 1 }] }, [1, 2, 2, 3]],
    [
      '/apis/storage.k8s.io/v1',
      'csidrivers',
      {},
      { spec: { requiresRepublish: true } },
      [undefined, undefined, undefined, 1],
    ],
    ['/apis/scheduling.k8s.io/v1', 'priorityclasses', { value: 1 }, { description: 'x' }, [1, 1, 1, 1]],
    [
      '/apis/resource.k8s.io/v1',
      'deviceclasses',
      {},
      { spec: { selectors: [{ cel: { expression: 'true' } }] } },
      [1, 1, 1, 2],
    ],
  ])('of %s %s counts what that type counts', async (api, plural, content, change, expected) => {
    const isNamespaced = ['deployments', 'replicasets', 'endpointslices'].includes(plural)
    const path = `${api}/${isNamespaced ? `namespaces/${place.namespace}/` : ''}${plural}`
    const name = `${place.namespace}-counted`
    const answers = [await call('POST', path, { body: { metadata: { name }, ...{ spec: {} }, ...content } })]
    for (const body of [{ metadata: { labels: { q: 'w' } } }, { metadata: { annotations: { q: 'w' } } }, change]) {
      answers.push(await call('PATCH', `${path}/${name}`, { type: MERGE, body }))
    }
    await call('DELETE', `${path}/${name}`)

    expect(answers.map(({ body }) => body.metadata.generation)).toEqual(expected)
  })
})

describe('field validation', () => {
  const text = (name: string) =>
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}","unknownMeta":1},"data":{"a":"1","a":"2"},"spec":{}}`

  it('Strict refuses unknown fields and those that are there twice', async () => {
    const { status, body } = await call('POST', `${maps()}?fieldValidation=Strict`, { body: text('strict') })

    expect(status).toBe(400)
    for (const fault of ['unknown field "metadata.unknownMeta"', 'unknown field "spec"', 'duplicate field "data.a"']) {
      expect(body.message).toContain(fault)
    }
  })

  it('Warn, the default, tells of them; Ignore does not', async () => {
    const warned = await call('POST', maps(), { body: text('warn') })
    expect(warned.status).toBe(201)
    expect(warned.body.data).toEqual({ a: '2' })
    expect(String(warned.headers.warning)).toContain('unknown field \\"spec\\"')
    const ignored = await call('POST', `${maps()}?fieldValidation=Ignore`, { body: text('ignore') })
    expect(ignored.headers.warning).toBeUndefined()
  })
})

describe('dry run', () => {
  it('answers as the real one would, and stores nothing', async () => {
    const made = await call('POST', `${maps()}?dryRun=All`, { body: { metadata: { name: 'dry' } } })
    expect(made.status).toBe(201)
    expect(made.body.metadata.uid).toEqual(expect.any(String))
    expect((await call('GET', `${maps()}/dry`)).status).toBe(404)
    expect((await call('POST', `${maps()}?dryRun=Some`, { body: { metadata: { name: 'dry' } } })).status).toBe(422)
  })
})

describe('a new object', () => {
  const invalid = { metadata: { name: 'asked', resourceVersion: '5' }, data: { 'a b': '' } }
  const versioned = { metadata: { name: 'asked', resourceVersion: '5' } }
  it.each([
    ['is valid', invalid, '', 422, 'a valid config key must consist of'],
    ['has no version', versioned, '', 500, 'resourceVersion should not be set on objects to be created'],
    ['has a name that is free', { metadata: { name: 'asked' } }, '', 409, 'configmaps "asked" already exists'],
    ['has a name that is free, in a dry run', versioned, '?dryRun=All', 409, 'configmaps "asked" already exists'],
  ])('is asked in order whether it %s', async (_, body, query, status, message) => {
    await call('POST', maps(), { body: { metadata: { name: 'asked' } } })
    const answer = await call('POST', `${maps()}${query}`, { body })

    expect(answer.body).toMatchObject({ code: status, message: expect.stringContaining(message) })
  })

  it.each(['0', 'x', '-3', '1e3'])('may have %s for a version, which is none', async (resourceVersion) => {
    const body = { metadata: { generateName: 'versioned-', resourceVersion } }

    expect((await call('POST', maps(), { body })).status).toBe(201)
  })

  it('may have the version of another in a dry run', async () => {
    const body = { metadata: { name: 'copy', resourceVersion: '5' } }

    expect((await call('POST', `${maps()}?dryRun=All`, { body })).status).toBe(201)
  })

  it('is told when who has its name is going', async () => {
    const body = { metadata: { name: 'going', finalizers: ['example.com/wait'] } }
    await call('POST', maps(), { body })
    await call('DELETE', `${maps()}/going`)

    expect((await call('POST', maps(), { body })).body.message).toBe(
      'object is being deleted: configmaps "going" already exists',
    )
    await call('PATCH', `${maps()}/going`, { type: MERGE, body: { metadata: { finalizers: null } } })
  })

  const batch = () => `/apis/batch/v1/namespaces/${place.namespace}/jobs`
  const job = (image: string) => ({
    metadata: { name: 'once' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } } },
  })

  it('of a Job that has no labels has those that its pods are found by', async () => {
    const { body } = await call('POST', `${batch()}?dryRun=All`, { body: job('x:1') })

    expect(body.metadata.labels).toMatchObject({ 'batch.kubernetes.io/job-name': 'once', 'job-name': 'once' })
    expect(body.metadata.labels).toEqual(body.spec.template.metadata.labels)
  })

  it.each([
    ['x', 'Always'],
    ['x:latest', 'Always'],
    ['x:1', 'IfNotPresent'],
    ['builder://example.com/cmd/x', 'IfNotPresent'],
  ])('with the image %s is pulled %s', async (image, policy) => {
    const { body } = await call('POST', `${batch()}?dryRun=All`, { body: job(image) })

    expect(body.spec.template.spec.containers[0].imagePullPolicy).toBe(policy)
  })

  it('of an Ingress with the class in its annotation warns', async () => {
    const body = {
      metadata: { name: 'old', annotations: { 'kubernetes.io/ingress.class': 'x' } },
      spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } },
    }
    const path = `/apis/networking.k8s.io/v1/namespaces/${place.namespace}/ingresses`
    const { status, headers } = await call('POST', `${path}?dryRun=All`, { body })

    expect(status).toBe(201)
    expect(headers.warning).toBe(
      `299 - "annotation \\"kubernetes.io/ingress.class\\" is deprecated, please use 'spec.ingressClassName' instead"`,
    )
  })

  it('of a CRD warns of formats that nobody knows', async () => {
    const properties = { a: { type: 'string', format: 'made-up' }, b: { type: 'string', format: 'date-time' } }
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } }
    const body = {
      metadata: { name: 'formats.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'formats', kind: 'Format' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    }
    const { headers } = await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All', {
      body,
    })

    expect(headers.warning).toBe('299 - "unrecognized format \\"made-up\\""')
  })
})

describe('refusals', () => {
  it.each([
    ['an empty name', { metadata: {} }, 422, 'name or generateName is required'],
    ['a bad name', { metadata: { name: 'Bad_Name' } }, 422, 'a lowercase RFC 1123 subdomain must consist of'],
    ['a bad label', { metadata: { name: 'x', labels: { a: '-' } } }, 422, 'a valid label must be'],
    ['an empty key', { metadata: { name: 'x' }, data: { '': 'y' } }, 422, 'a valid config key must consist of'],
    [
      'a wrong type',
      { metadata: { name: 'x' }, data: { a: 1 } },
      400,
      'cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    ['another kind', { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } }, 400, ''],
    ['no JSON', '{', 400, ''],
  ])('%s', async (_, body, code, text) => {
    const answer = await call('POST', maps(), { body })

    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code })
    expect(answer.body.message).toContain(text)
  })
})

describe('a Node', () => {
  const nodes = '/api/v1/nodes'
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

  it.each([
    ['new', [], [notReady]],
    ['tainted', [{ key: 'a', effect: 'NoExecute' }], [{ key: 'a', effect: 'NoExecute' }, notReady]],
    ['known', [notReady], [notReady]],
  ])('that is %s is not ready at first', async (kind, taints, expected) => {
    const name = `${place.namespace}-${kind}`
    const { body } = await call('POST', nodes, { body: { metadata: { name }, spec: { taints } } })
    await call('DELETE', `${nodes}/${name}`)

    expect(body.spec.taints).toEqual(expected)
  })
})

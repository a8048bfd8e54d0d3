import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const configMap = (name: string, data: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})
const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const deployment = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
    ...spec,
  },
})

describe('status errors', () => {
  it.each([
    ['GET', `${MAPS}/none`, undefined, 404, 'NotFound', 'configmaps "none" not found'],
    ['GET', `${DEPLOYMENTS}/none`, undefined, 404, 'NotFound', 'deployments.apps "none" not found'],
    ['GET', '/apis/apps/v1/things', undefined, 404, 'NotFound', 'the server could not find the requested resource'],
    [
      'POST',
      '/api/v1/namespaces',
      { metadata: { name: 'default' } },
      409,
      'AlreadyExists',
      'namespaces "default" already exists',
    ],
    ['POST', '/api/v1/namespaces/none/configmaps', configMap('a'), 404, 'NotFound', 'namespaces "none" not found'],
    [
      'DELETE',
      '/api/v1/namespaces/default',
      undefined,
      403,
      'Forbidden',
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ],
    [
      'PUT',
      MAPS,
      configMap('a'),
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    ],
    [
      'POST',
      MAPS,
      configMap('a', {}, { namespace: 'other' }),
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'PUT',
      `${MAPS}/a`,
      configMap('b'),
      400,
      'BadRequest',
      'the name of the object (b) does not match the name on the URL (a)',
    ],
    [
      'POST',
      MAPS,
      configMap(''),
      422,
      'Invalid',
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
  ])('%s %s (%j) gives %d %s: %s', async (method, path, body, code, reason, message) => {
    const answer = await api.call(method, path, body === undefined ? {} : { body })

    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code, reason, message })
    expect(answer.status).toBe(code)
  })

  it('names every cause of an invalid object', async () => {
    const body = deployment('bad', { selector: { matchLabels: { app: 'other' } } })

    const { body: status } = await api.call('POST', DEPLOYMENTS, { body })

    expect(status.message).toBe(
      'Deployment.apps "bad" is invalid: spec.template.metadata.labels: Invalid value: {"app":"bad"}: `selector` does not match template `labels`',
    )
    expect(status.details).toMatchObject({
      name: 'bad',
      group: 'apps',
      kind: 'Deployment',
      causes: [{ reason: 'FieldValueInvalid' }],
    })
  })

  it.each([
    [
      'a Job that is replaced without its selector',
      '/apis/batch/v1/namespaces/default/jobs',
      {
        metadata: { name: 'bad' },
        spec: {
          manualSelector: true,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
        },
      },
      'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
    ],
    [
      'an address of an EndpointSlice that is not written as it should be',
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      { metadata: { name: 'bad' }, addressType: 'IPv6', endpoints: [{ addresses: ['2001:DB8::1'] }] },
      'endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
    ],
    [
      'options for a volume that is not mounted with any',
      '/api/v1/persistentvolumes',
      {
        metadata: { name: 'bad', annotations: { 'volume.beta.kubernetes.io/mount-options': 'ro' } },
        spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
      },
      'metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type',
    ],
  ])('refuses %s', async (_, path, body, message) => {
    const { body: status } = await api.call('POST', path, { body })

    expect(status.message).toContain(message)
  })

  it('warns of what is valid but of no use, and takes a negative time to stop as one second', async () => {
    const body = {
      metadata: { name: 'a.b' },
      spec: { terminationGracePeriodSeconds: -5, containers: [{ name: 'c', image: 'i' }] },
    }

    const { headers, body: pod } = await api.call('POST', '/api/v1/namespaces/default/pods', { body })

    expect(headers.warning).toMatch(/^299 - "metadata.name: this is used in the Pod's hostname, which can result/)
    expect(pod.spec.terminationGracePeriodSeconds).toBe(1)
    pod.spec.terminationGracePeriodSeconds = -1
    const updated = await api.call('PUT', '/api/v1/namespaces/default/pods/a.b', { body: pod })
    expect([updated.status, updated.body.spec.terminationGracePeriodSeconds]).toEqual([200, 1])
  })

  it('refuses a type that does not fit, like Go does', async () => {
    const { body } = await api.call('POST', DEPLOYMENTS, { body: deployment('bad', { replicas: 'three' }) })

    expect(body).toMatchObject({ code: 400, reason: 'BadRequest' })
    expect(body.message).toContain(
      'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    )
  })

  it.each([
    [{ metadata: { labels: 'x' } }, 'map[metadata:map[labels:x]]', 'cannot restore map from string'],
    [{ spec: 1 }, 'map[spec:1]', 'cannot restore struct from: int64'],
    [{ spec: { template: { spec: { containers: {} } } } }, 'map[spec:', 'cannot restore slice from map'],
    [{ metadata: { labels: { a: 1 } } }, 'map[metadata:map[labels:map[a:1]]]', 'cannot convert int64 to string'],
    [{ metadata: { labels: { a: ['b'] } } }, 'map[metadata:', 'unrecognized type: string'],
    [{ spec: { replicas: 1.5 } }, 'map[spec:map[replicas:1.5]]', 'cannot convert float64 to int32'],
    [{ spec: { paused: 'x' } }, 'map[spec:map[paused:x]]', 'unrecognized type: bool'],
    [
      { spec: { template: { metadata: { creationTimestamp: 1 } } } },
      'map[spec:',
      'json: cannot unmarshal number into Go',
    ],
  ])('refuses a strategic merge patch %j whose result is of no type, as it converts maps', async (patch, shown, why) => {
    await api.call('POST', DEPLOYMENTS, { body: deployment('converted', {}) })

    const type = 'application/strategic-merge-patch+json'
    const { status, body } = await api.call('PATCH', `${DEPLOYMENTS}/converted`, { body: patch, type })

    expect(status).toBe(422)
    expect(body.message).toContain(` is invalid: patch: Invalid value: "${shown}`)
    expect(body.message).toContain(`": ${why}`)
  })

  it('refuses bodies that are malformed, foreign, too large or too deep', async () => {
    const deep = `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`
    const codes = await Promise.all([
      api.call('POST', MAPS, { body: '{"a":' }),
      api.call('POST', MAPS, { body: 'a: [', type: 'application/yaml' }),
      api.call('POST', MAPS, { body: '[1]' }),
      api.call('POST', MAPS, { body: deep }),
      api.call('POST', MAPS, { body: 'x', type: 'text/csv' }),
      api.call('POST', MAPS, { body: 'not protobuf', type: 'application/vnd.kubernetes.protobuf' }),
      api.call('POST', MAPS, { body: JSON.stringify(configMap('big', { a: 'x'.repeat(4 * 1024 * 1024) })) }),
      api.call('GET', MAPS, { accept: 'text/html' }),
    ])

    expect(codes.map(({ status }) => status)).toEqual([400, 400, 400, 400, 415, 400, 413, 406])
  })
})

describe('access', () => {
  it('lets anyone ask for health and version, and nobody unknown for more', async () => {
    const open = await Promise.all(
      ['/healthz', '/livez', '/readyz', '/readyz?verbose', '/version'].map((path) =>
        api.call('GET', path, { anonymous: true }),
      ),
    )
    const closed = await Promise.all(
      ['/api/v1/namespaces', '/api', '/openapi/v2'].map((path) => api.call('GET', path, { anonymous: true })),
    )
    const wrong = await api.call('GET', '/api', { anonymous: true, headers: { authorization: 'Bearer nonsense' } })

    expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(closed.map(({ status }) => status)).toEqual([403, 403, 403])
    expect(closed[0]?.body.message).toBe(
      'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
    )
    expect(wrong.status).toBe(401)
  })

  it('knows a ServiceAccount by the token that it issued', async () => {
    const { body } = await api.call('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', { body: {} })
    const headers = { authorization: `Bearer ${body.status.token}` }

    const review = await api.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: {},
      anonymous: true,
      headers,
    })

    expect(review.body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    })
  })
})

describe('metadata', () => {
  it('is filled in by the server, and a generated name is unique', async () => {
    const first = await api.call('POST', MAPS, { body: configMap('', {}, { generateName: 'gen-' }) })
    const second = await api.call('POST', MAPS, { body: configMap('', {}, { generateName: 'gen-' }) })

    expect(first.status).toBe(201)
    expect(first.body.metadata).toMatchObject({
      name: expect.stringMatching(/^gen-[a-z0-9]{5}$/),
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    })
    expect(first.body.metadata.name).not.toBe(second.body.metadata.name)
  })

  it('counts a generation for each change of the spec, and for no other', async () => {
    const created = await api.call('POST', DEPLOYMENTS, { body: deployment('gen') })
    const patch = (body: object, path = '') =>
      api.call('PATCH', `${DEPLOYMENTS}/gen${path}`, { body, type: 'application/merge-patch+json' })

    const labelled = await patch({ metadata: { labels: { a: 'b' } } })
    const status = await patch({ status: { replicas: 1 }, spec: { replicas: 9 } }, '/status')
    const scaled = await patch({ spec: { replicas: 2 }, status: { replicas: 7 } })

    expect(created.body.metadata.generation).toBe(1)
    expect(labelled.body.metadata.generation).toBe(1)
    expect(status.body).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 }, status: { replicas: 1 } })
    expect(scaled.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 2 }, status: { replicas: 1 } })
  })

  it('guards against lost updates by resourceVersion', async () => {
    const { body } = await api.call('POST', MAPS, { body: configMap('busy', { n: '0' }) })
    await api.call('PUT', `${MAPS}/busy`, { body: { ...body, data: { n: '1' } } })

    const stale = await api.call('PUT', `${MAPS}/busy`, { body: { ...body, data: { n: '2' } } })
    const same = await api.call('PUT', `${MAPS}/busy`, { body: configMap('busy', { n: '1' }) })

    expect(stale.body.message).toBe(
      'Operation cannot be fulfilled on configmaps "busy": the object has been modified; please apply your changes to the latest version and try again',
    )
    expect(same.status).toBe(200)
  })

  it('writes nothing when nothing changes', async () => {
    const { body: before } = await api.call('POST', DEPLOYMENTS, { body: deployment('still') })

    const { body: after } = await api.call('PUT', `${DEPLOYMENTS}/still`, { body: deployment('still') })

    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  it('merges concurrent patches of one object without losing any', async () => {
    await api.call('POST', MAPS, { body: configMap('many') })

    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)
    await Promise.all(
      keys.map((key) =>
        api.call('PATCH', `${MAPS}/many`, { body: { data: { [key]: 'x' } }, type: 'application/merge-patch+json' }),
      ),
    )

    const { body } = await api.call('GET', `${MAPS}/many`)
    expect(Object.keys(body.data).toSorted()).toEqual(keys.toSorted())
  })
})

describe('field validation and dry run', () => {
  const unknown = { ...configMap('strict'), extra: 1 }

  it('warns of unknown fields, refuses them when strict, and never stores them', async () => {
    const strict = await api.call('POST', `${MAPS}?fieldValidation=Strict`, { body: unknown })
    const warned = await api.call('POST', `${MAPS}?fieldValidation=Warn`, { body: unknown })

    expect(strict.body).toMatchObject({
      code: 400,
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra"',
    })
    expect(warned.headers.warning).toBe('299 - "unknown field \\"extra\\""')
    expect(warned.body.extra).toBeUndefined()
  })

  it('shows with dryRun what it would store', async () => {
    const answer = await api.call('POST', `${DEPLOYMENTS}?dryRun=All`, { body: deployment('dry') })
    const after = await api.call('GET', `${DEPLOYMENTS}/dry`)

    expect(answer.status).toBe(201)
    expect(answer.body.spec.strategy.rollingUpdate).toEqual({ maxSurge: '25%', maxUnavailable: '25%' })
    expect(after.status).toBe(404)
  })
})

describe('server-side apply', () => {
  const apply = (manager: string, body: object, more = '') =>
    api.call('PATCH', `${DEPLOYMENTS}/ssa?fieldManager=${manager}${more}`, {
      body,
      type: 'application/apply-patch+yaml',
    })

  it('creates, shares by field, refuses conflicts and takes over by force', async () => {
    const created = await apply('one', deployment('ssa', { replicas: 1 }))
    const conflict = await apply('two', deployment('ssa', { replicas: 2 }))
    const forced = await apply('two', deployment('ssa', { replicas: 2 }), '&force=true')
    const again = await apply('two', deployment('ssa', { replicas: 2 }))

    expect(created.status).toBe(201)
    expect(conflict.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' }],
      },
    })
    expect(forced.body.spec.replicas).toBe(2)
    expect(forced.body.metadata.managedFields.map((entry: { manager: string }) => entry.manager).toSorted()).toEqual([
      'one',
      'two',
    ])
    expect(again.body.metadata.resourceVersion).toBe(forced.body.metadata.resourceVersion)
  })

  it('gives labels that are not there to nobody who writes a status', async () => {
    const created = await api.call('POST', DEPLOYMENTS, { body: deployment('unlabelled') })
    const type = 'application/merge-patch+json'
    const path = `${DEPLOYMENTS}/unlabelled/status?fieldManager=status-writer`

    const same = await api.call('PATCH', path, { type, body: { status: { replicas: null } } })
    const written = await api.call('PATCH', path, { type, body: { status: { replicas: 1 } } })

    expect(same.body.metadata).toEqual(created.body.metadata)
    expect(written.body.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'status-writer', fieldsV1: { 'f:status': { 'f:replicas': {} } } }),
    )
  })
})

describe('lists', () => {
  beforeAll(async () => {
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'pages' } } })
    for (const n of [1, 2, 3, 4, 5]) {
      const labels = { parity: n % 2 ? 'odd' : 'even', n: String(n) }
      await api.call('POST', '/api/v1/namespaces/pages/secrets', {
        body: { metadata: { name: `s${n}`, labels }, type: n === 1 ? 'x/y' : 'Opaque' },
      })
    }
  })
  const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name)
  const list = (query: string, accept?: string) =>
    api.call('GET', `/api/v1/namespaces/pages/secrets?${query}`, accept ? { accept } : {})

  it.each([
    ['labelSelector=parity%3Dodd', ['s1', 's3', 's5']],
    ['labelSelector=parity!%3Dodd,n', ['s2', 's4']],
    ['labelSelector=n+in+(1,2)', ['s1', 's2']],
    ['fieldSelector=metadata.name%3Ds3', ['s3']],
    ['fieldSelector=type!%3DOpaque', ['s1']],
  ])('%s selects', async (query, expected) => {
    expect(names((await list(query)).body)).toEqual(expected)
  })

  it('come in pages of one snapshot', async () => {
    const first = await list('limit=2')
    await api.call('DELETE', '/api/v1/namespaces/pages/secrets/s4')
    const second = await list(`limit=2&continue=${encodeURIComponent(first.body.metadata.continue)}`)
    const third = await list(`limit=2&continue=${encodeURIComponent(second.body.metadata.continue)}`)

    expect(first.body.metadata.remainingItemCount).toBe(3)
    expect([first, second, third].map(({ body }) => names(body))).toEqual([['s1', 's2'], ['s3', 's4'], ['s5']])
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion)
    expect(third.body.metadata.continue).toBeUndefined()
  })

  it('say when a page is too old, and refuse tokens of others', async () => {
    const first = await list('limit=1')
    for (let n = 0; n < 3; n++) await api.call('POST', MAPS, { body: configMap(`c${n}`) })
    await api.store.compact(api.store.revision())

    const gone = await list(`limit=1&continue=${encodeURIComponent(first.body.metadata.continue)}`)
    const foreign = await list('limit=1&continue=abc')
    const illegal = await list('limit=1&continue=a')

    expect(gone.body).toMatchObject({ code: 410, reason: 'Expired' })
    expect(foreign.body).toMatchObject({
      code: 400,
      message: expect.stringContaining('invalid continue token: continue key is not valid'),
    })
    expect(illegal.body.message).toBe(
      'invalid continue token: continue key is not valid: illegal base64 data at input byte 0',
    )
  })

  it('come as tables and as metadata alone', async () => {
    const table = await list('limit=1', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json')
    const partial = await list('limit=1', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')

    const told = ({ name, description }: { name: string; description: string }) =>
      `${name}: ${description.slice(0, 40)}`
    expect(table.body.columnDefinitions.map(told)).toEqual([
      'Name: Name must be unique within a namespace. ',
      'Type: Used to facilitate programmatic handling',
      'Data: Data contains the secret data. Each key ',
      'Age: CreationTimestamp is a timestamp represe',
    ])
    expect(table.body.rows[0].cells.slice(0, 3)).toEqual(['s1', 'x/y', 0])
    expect(partial.body.kind).toBe('PartialObjectMetadataList')
    expect(Object.keys(partial.body.items[0]).toSorted()).toEqual(['apiVersion', 'kind', 'metadata'])
  })

  it.each(['v1', 'v1beta1'])('come as tables and as metadata of meta.k8s.io/%s', async (version) => {
    const form = (as: string): string => `application/json;as=${as};v=${version};g=meta.k8s.io`

    const table = await list('limit=1', form('Table'))
    const partial = await list('limit=1', form('PartialObjectMetadataList'))

    const apiVersion = `meta.k8s.io/${version}`
    expect(table.body).toMatchObject({ kind: 'Table', apiVersion, rows: [{ object: { apiVersion } }] })
    expect(table.headers['content-type']).toBe('application/json')
    expect(partial.body).toMatchObject({ apiVersion, items: [{ kind: 'PartialObjectMetadata', apiVersion }] })
  })

  it('refuse a field that cannot be selected by', async () => {
    expect((await list('fieldSelector=data.x%3D1')).body).toMatchObject({
      code: 400,
      message: 'field label not supported: data.x',
    })
  })
})

describe('services', () => {
  const SERVICES = '/api/v1/namespaces/default/services'
  const service = (name: string, spec: object) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } })

  it('get an address and node ports, keep them, and give them back', async () => {
    const first = await api.call('POST', SERVICES, { body: service('one', { type: 'NodePort' }) })
    const { clusterIP, ports } = first.body.spec
    const updated = await api.call('PUT', `${SERVICES}/one`, {
      body: service('one', { type: 'NodePort', selector: { a: 'b' } }),
    })
    const taken = await api.call('POST', SERVICES, { body: service('two', { clusterIP }) })
    await api.call('DELETE', `${SERVICES}/one`)
    const free = await api.call('POST', SERVICES, { body: service('two', { clusterIP }) })

    expect(clusterIP).toMatch(/^10\.96\./)
    expect(ports[0]).toEqual({ port: 80, targetPort: 80, protocol: 'TCP', nodePort: expect.any(Number) })
    expect(updated.body.spec).toMatchObject({ clusterIP, ports: [{ nodePort: ports[0].nodePort }] })
    expect(taken.body.message).toContain('provided IP is already allocated')
    expect(free.status).toBe(201)
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { call, MERGE, useCluster } from './cluster.ts'

const place = useCluster()
const inside = (path: string) => `/api/v1/namespaces/${place.namespace}/${path}`

describe('a part of an object', () => {
  it.each([
    ['POST', 'pods/a/status'],
    ['DELETE', 'pods/a/status'],
    ['POST', 'pods/a/ephemeralcontainers'],
    ['POST', 'pods/a/resize'],
    ['GET', 'pods/a/binding'],
    ['PUT', 'pods/a/binding'],
    ['GET', 'pods/a/eviction'],
    ['PATCH', 'pods/a/eviction'],
    ['POST', 'pods/a/log'],
    ['DELETE', 'pods/a/exec'],
    ['GET', 'serviceaccounts/default/token'],
    ['PUT', 'serviceaccounts/default/token'],
    ['GET', 'finalize'],
    ['PATCH', 'finalize'],
  ])('is no more than it is made for: %s %s', async (method, path) => {
    const options = method === 'GET' ? {} : { body: {}, type: method === 'PATCH' ? MERGE : 'application/json' }
    const { status, body } = await call(method, inside(path), options)

    expect({ status, reason: body.reason }).toEqual({ status: 405, reason: 'MethodNotAllowed' })
  })
})

const POD = { spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x:1' }] } }
const account = { metadata: { name: 'default' } }
const binding = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name },
  target: { kind: 'Node', name: 'none' },
  ...more,
})

describe('a pod', () => {
  beforeAll(async () => {
    await call('POST', inside('serviceaccounts'), { body: account })
  })

  it('is bound once, says so, and takes the annotations of its Binding', async () => {
    await call('POST', inside('pods'), { body: { metadata: { name: 'bound' }, ...POD } })
    const bind = (more: object) => call('POST', inside('pods/bound/binding'), { body: binding('bound', more) })

    for (const [more, code, text] of [
      [{ metadata: { name: 'other' } }, 400, 'name in URL does not match name in Binding object'],
      [{ target: { kind: 'Pod', name: 'n' } }, 500, 'target.kind: Unsupported value: "Pod"'],
      [{ target: { kind: 'Node' } }, 500, 'target.name: Required value'],
      [{ kind: 'Pod' }, 400, 'cannot be handled as a Binding'],
      [{ metadata: { name: 'bound', uid: 'none' } }, 409, 'Precondition failed: UID in precondition: none'],
      [{ metadata: { name: 'bound', resourceVersion: '1' } }, 409, 'Precondition failed: ResourceVersion'],
    ] as const) {
      const { status, body } = await bind(more)
      expect({ status, message: body.message }).toEqual({ status: code, message: expect.stringContaining(text) })
    }
    expect((await bind({ metadata: { name: 'bound', annotations: { by: 'us' } } })).status).toBe(201)
    const { metadata, spec, status } = (await call('GET', inside('pods/bound'))).body
    expect({ annotations: metadata.annotations, node: spec.nodeName }).toEqual({
      annotations: { by: 'us' },
      node: 'none',
    })
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }))
    expect((await bind({})).body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "none"',
    )
  })

  it('is not bound while it is gated, which it says', async () => {
    const spec = { ...POD.spec, schedulingGates: [{ name: 'example.com/wait' }] }
    const { body } = await call('POST', inside('pods'), { body: { metadata: { name: 'gated' }, spec } })

    expect(body.status.conditions).toEqual([
      expect.objectContaining({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }),
    ])
    const refused = await call('POST', inside('pods/gated/binding'), { body: binding('gated') })
    expect(refused.status).toBe(409)
    expect(refused.body.message).toContain('has non-empty .spec.schedulingGates')
  })

  it.each([
    [undefined, 'must be of type Eviction'],
    [{ kind: 'Pod', apiVersion: 'v1' }, 'cannot be handled as a Eviction'],
    [{ metadata: { name: 'other' } }, 'name in URL does not match name in Eviction object'],
    [{ metadata: { name: 'any', namespace: 'other' } }, 'does not match the namespace sent on the request'],
  ])('is evicted by an Eviction of it alone, not by %j', async (body, message) => {
    const refused = await call('POST', inside('pods/any/eviction'), { body })

    expect(refused.status).toBe(400)
    expect(refused.body.message).toContain(message)
  })
})

describe('a Scale', () => {
  const path = () => `/apis/apps/v1/namespaces/${place.namespace}/deployments`

  it.each([
    ['PUT', { metadata: { name: 'other' } }, 400, 'does not match the name on the URL'],
    ['PUT', { metadata: { name: 'scaled', namespace: 'other' } }, 400, 'does not match the namespace'],
    ['PUT', { metadata: { name: 'scaled', uid: 'none' } }, 409, 'Precondition failed: UID in precondition: none'],
    ['PUT', { kind: 'Deployment', apiVersion: 'apps/v1' }, 400, 'cannot be handled as a Scale'],
    ['PUT', { spec: { replicas: 'x' } }, 400, 'cannot unmarshal string into Go struct field ScaleSpec.spec.replicas'],
    ['PATCH', { spec: { replicas: 'x' } }, 422, 'cannot unmarshal string into Go struct field ScaleSpec.spec.replicas'],
    ['PATCH', { metadata: { name: 'other' } }, 400, 'does not match the name on the URL'],
  ])('is read as what it is: %s %j', async (method, more, code, text) => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
    const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template }
    await call('POST', path(), { body: { metadata: { name: 'scaled' }, spec } })

    const whole = { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'scaled' }, spec: { replicas: 0 } }
    const { status, body } = await call(method, `${path()}/scaled/scale`, {
      body: method === 'PUT' ? { ...whole, ...more } : more,
      type: method === 'PUT' ? 'application/json' : MERGE,
    })
    expect({ status, message: body.message }).toEqual({ status: code, message: expect.stringContaining(text) })
  })

  it('is told of fields that it does not have', async () => {
    const body = { metadata: { name: 'scaled' }, spec: { replicas: 0, foo: 1 } }
    const { headers } = await call('PUT', `${path()}/scaled/scale`, { body })

    expect(headers.warning).toBe('299 - "unknown field \\"spec.foo\\""')
  })
})

describe('a token', () => {
  it.each([
    [{ spec: { audiences: null, expirationSeconds: null, boundObjectRef: null } }, 201],
    [{ spec: { expirationSeconds: 5 } }, 422],
    [{ spec: { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'a' } } }, 400],
    [{ spec: { boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'none' } } }, 404],
    [{ metadata: { name: 'other' } }, 422],
    [{ metadata: { uid: 'other' } }, 409],
    [{ kind: 'Pod', apiVersion: 'v1' }, 400],
    [undefined, 400],
  ])('that is asked for with %j is answered with %i', async (body, code) => {
    await call('POST', inside('serviceaccounts'), { body: account })
    const { status, body: answer } = await call('POST', inside('serviceaccounts/default/token'), { body })

    expect(status).toBe(code)
    if (code !== 201) return
    expect(answer).toMatchObject({ spec: { expirationSeconds: 3600 }, metadata: { uid: expect.any(String) } })
  })
})

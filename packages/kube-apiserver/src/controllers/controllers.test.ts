import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { openWatch } from '../testing/watch-client.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
async function create(name: string, owner?: { metadata: { name: string; uid: string } }, more: object = {}) {
  const { name: ownerName, uid } = owner?.metadata ?? {}
  const ownerReferences = owner && [
    { apiVersion: 'v1', kind: 'ConfigMap', name: ownerName, uid, blockOwnerDeletion: true },
  ]
  const { body } = await api.call('POST', MAPS, {
    body: { metadata: { name, ...(owner && { ownerReferences }), ...more } },
  })
  return body
}

/** Resolves when the object is gone. */
async function gone(path: string): Promise<void> {
  const [folder, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)]
  const watch = await openWatch(
    api,
    `${folder}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3D${name}`,
  )
  for (let seen = false; ; ) {
    const event = await watch.next()
    if (event.type === 'ADDED') seen = true
    if (event.type === 'DELETED' || (event.type === 'BOOKMARK' && !seen)) break
  }
  watch.close()
}

describe('garbage collection', () => {
  it('deletes what an object owned, after it, in the background', async () => {
    const owner = await create('owner')
    const child = await create('child', owner)
    await create('grandchild', child)

    await api.call('DELETE', `${MAPS}/owner`)

    await gone(`${MAPS}/grandchild`)
    expect((await api.call('GET', `${MAPS}/child`)).status).toBe(404)
  })

  it.each([
    ['is not there', {}, true],
    ['is of another name', { of: 'owner', name: 'other' }, true],
    ['is of another kind', { of: 'owner', kind: 'Secret' }, true],
    ['is of a kind that is not known here', { apiVersion: 'example.org/v1', kind: 'Widget' }, false],
    ['is of a version that is not known here', { apiVersion: 'v7' }, false],
  ] as [
    string,
    { of?: string; name?: string; kind?: string; apiVersion?: string },
    boolean,
  ][])('of an object whose owner %s', async (_name, { of, ...said }, isCollected) => {
    const owner = of ? await create(`${of}-${crypto.randomUUID().slice(0, 8)}`) : undefined
    const { name = 'nobody', uid = crypto.randomUUID() } = owner?.metadata ?? {}
    const child = `child-${crypto.randomUUID().slice(0, 8)}`
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...said }]
    await create(child, undefined, { ownerReferences })
    // What is looked at after it has gone by now.
    await create(`${child}-later`, { metadata: { name: 'nobody', uid: crypto.randomUUID() } })

    await gone(`${MAPS}/${child}-later`)

    expect((await api.call('GET', `${MAPS}/${child}`)).status).toBe(isCollected ? 404 : 200)
  })

  it('deletes dependents first in the foreground', async () => {
    const owner = await create('front')
    await create('held', owner, { finalizers: ['test.dev/hold'] })

    const answer = await api.call('DELETE', `${MAPS}/front`, { body: { propagationPolicy: 'Foreground' } })
    const still = await api.call('GET', `${MAPS}/front`)
    await api.call('PATCH', `${MAPS}/held`, {
      body: { metadata: { finalizers: null } },
      type: 'application/merge-patch+json',
    })
    await gone(`${MAPS}/front`)

    expect(answer.body.metadata.finalizers).toEqual(['foregroundDeletion'])
    expect(still.status).toBe(200)
    expect((await api.call('GET', `${MAPS}/held`)).status).toBe(404)
  })

  it('leaves dependents alone when they are to be orphaned', async () => {
    const owner = await create('parent')
    await create('orphan', owner)

    await api.call('DELETE', `${MAPS}/parent?propagationPolicy=Orphan`)
    await gone(`${MAPS}/parent`)

    expect((await api.call('GET', `${MAPS}/orphan`)).body.metadata.ownerReferences).toBeUndefined()
  })

  it('deletes what names an owner that never was', async () => {
    await create('lost', { metadata: { name: 'nobody', uid: '00000000-0000-0000-0000-000000000000' } })

    await gone(`${MAPS}/lost`)
  })
})

describe('deletion', () => {
  it('waits for finalizers', async () => {
    await create('kept', undefined, { finalizers: ['test.dev/hold'] })

    const first = await api.call('DELETE', `${MAPS}/kept`)
    const patch = (finalizers: string[] | null) =>
      api.call('PATCH', `${MAPS}/kept`, {
        body: { metadata: { finalizers } },
        type: 'application/merge-patch+json',
      })
    const refused = await patch(['test.dev/other'])
    await patch(null)

    expect(first.body.metadata.deletionTimestamp).toBeDefined()
    expect(refused.body.message).toContain('no new finalizers can be added if the object is being deleted')
    expect((await api.call('GET', `${MAPS}/kept`)).status).toBe(404)
  })

  it('holds to its preconditions', async () => {
    await create('guarded')

    const answer = await api.call('DELETE', `${MAPS}/guarded`, { body: { preconditions: { uid: 'other' } } })

    expect(answer.body).toMatchObject({ code: 409, reason: 'Conflict' })
    expect(answer.body.message).toContain('the UID in the precondition (other) does not match the UID in record')
  })

  it('gives a running pod time, and a pod without node none', async () => {
    const PODS = '/api/v1/namespaces/default/pods'
    const pod = (name: string, spec: object = {}) => ({
      metadata: { name },
      spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
    })
    await api.call('POST', PODS, { body: pod('waiting') })
    await api.call('POST', PODS, { body: pod('running', { nodeName: 'n' }) })

    await api.call('DELETE', `${PODS}/waiting`)
    const soft = await api.call('DELETE', `${PODS}/running`)
    const hard = await api.call('DELETE', `${PODS}/running`, { body: { gracePeriodSeconds: 0 } })

    expect((await api.call('GET', `${PODS}/waiting`)).status).toBe(404)
    expect(soft.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, deletionTimestamp: expect.any(String) })
    expect(hard.status).toBe(200)
    expect((await api.call('GET', `${PODS}/running`)).status).toBe(404)
  })

  it('of a collection takes what the selector matches', async () => {
    await create('c1', undefined, { labels: { batch: 'x' } })
    await create('c2', undefined, { labels: { batch: 'x' } })
    await create('c3')

    await api.call('DELETE', `${MAPS}?labelSelector=batch%3Dx`)

    const statuses = await Promise.all(['c1', 'c2', 'c3'].map((name) => api.call('GET', `${MAPS}/${name}`)))
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 200])
  })
})

describe('a namespace', () => {
  it('has its ServiceAccount and root CA, takes its content along, and lets nothing in meanwhile', async () => {
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'brief' } } })
    const inside = '/api/v1/namespaces/brief'
    const watch = await openWatch(api, `${inside}/configmaps?watch=true`)
    expect((await watch.next()).object).toMatchObject({
      metadata: { name: 'kube-root-ca.crt' },
      data: { 'ca.crt': expect.stringContaining('BEGIN CERTIFICATE') },
    })
    watch.close()
    await api.call('POST', `${inside}/secrets`, { body: { metadata: { name: 's', finalizers: ['test.dev/hold'] } } })

    const deleted = await api.call('DELETE', inside)
    const refused = await api.call('POST', `${inside}/secrets`, { body: { metadata: { name: 'late' } } })
    await api.call('PATCH', `${inside}/secrets/s`, {
      body: { metadata: { finalizers: [] } },
      type: 'application/merge-patch+json',
    })
    await gone(inside)

    expect(deleted.body.status.phase).toBe('Terminating')
    expect(refused.body).toMatchObject({ code: 403, details: { causes: [{ reason: 'NamespaceTerminating' }] } })
    expect(refused.body.message).toBe(
      'secrets "late" is forbidden: unable to create new content in namespace brief because it is being terminated',
    )
  })

  it('keeps everything else until its pods have gone', async () => {
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'orderly' } } })
    const inside = '/api/v1/namespaces/orderly'
    const pod = {
      metadata: { name: 'p', finalizers: ['test.dev/hold'] },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    }
    await api.call('POST', `${inside}/pods`, { body: pod })
    await api.call('POST', `${inside}/configmaps`, { body: { metadata: { name: 'guard' } } })

    await api.call('DELETE', inside)
    const conditions = async () => (await api.call('GET', inside)).body.status.conditions
    const remaining = {
      type: 'NamespaceContentRemaining',
      message: 'Some resources are remaining: pods. has 1 resource instances',
    }
    await expect.poll(conditions).toContainEqual(expect.objectContaining(remaining))
    const meanwhile = await api.call('GET', `${inside}/configmaps/guard`)
    await api.call('PATCH', `${inside}/pods/p`, {
      body: { metadata: { finalizers: [] } },
      type: 'application/merge-patch+json',
    })
    await gone(inside)

    expect(meanwhile.status).toBe(200)
  })
})

describe('a Secret for a ServiceAccount', () => {
  const secrets = '/api/v1/namespaces/default/secrets'
  const secret = (name: string, account: string) => ({
    metadata: { name, annotations: { 'kubernetes.io/service-account.name': account } },
    type: 'kubernetes.io/service-account-token',
  })

  it('gets a token that works for as long as both are there', async () => {
    await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'robot' } } })
    await api.call('POST', secrets, { body: secret('robot-token', 'robot') })
    const data = async () => (await api.call('GET', `${secrets}/robot-token`)).body.data ?? {}
    await expect.poll(async () => Object.keys(await data()).toSorted()).toEqual(['ca.crt', 'namespace', 'token'])
    const token = Buffer.from((await data()).token, 'base64').toString()
    const headers = { authorization: `Bearer ${token}` }
    const whoAmI = { path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', anonymous: true, headers, body: {} }

    const before = await api.call('POST', whoAmI.path, whoAmI)
    await api.call('DELETE', '/api/v1/namespaces/default/serviceaccounts/robot')
    await gone(`${secrets}/robot-token`)
    const after = await api.call('POST', whoAmI.path, whoAmI)

    expect(before.body.status.userInfo.username).toBe('system:serviceaccount:default:robot')
    expect(after.status).toBe(401)
  })

  it('tells when its token was last used, and ends it when it is marked so', async () => {
    await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'old' } } })
    await api.call('POST', secrets, { body: secret('old-token', 'old') })
    const filled = await first(secrets, ({ metadata, data }) => metadata.name === 'old-token' && data?.token)
    const token = Buffer.from(filled.data.token, 'base64').toString()
    const ask = () => api.call('GET', '/version', { anonymous: true, headers: { authorization: `Bearer ${token}` } })
    const since = async () => {
      const name = 'kube-apiserver-legacy-service-account-token-tracking'
      return (await api.call('GET', `/api/v1/namespaces/kube-system/configmaps/${name}`)).body.data.since
    }

    const before = await ask()
    const used = await first(
      secrets,
      ({ metadata }) => metadata.labels?.['kubernetes.io/legacy-token-last-used'] !== undefined,
    )
    await api.call('PATCH', `${secrets}/old-token`, {
      body: { metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } } },
      type: 'application/merge-patch+json',
    })
    const after = await ask()

    expect([before.status, after.status]).toEqual([200, 401])
    expect(used.metadata.labels?.['kubernetes.io/legacy-token-last-used']).toBe(await since())
  })

  it('goes when there is no such account', async () => {
    await api.call('POST', secrets, { body: secret('nobody-token', 'nobody') })
    await gone(`${secrets}/nobody-token`)
  })
})

/** The first object of a collection, as it is or becomes, that satisfies the test. */
async function first(path: string, test: (object: KubeObject) => boolean): Promise<KubeObject> {
  const watch = await openWatch(api, `${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`)
  for (;;) {
    const { type, object } = await watch.next()
    if (type === 'BOOKMARK' || !test(object)) continue
    watch.close()
    return object
  }
}

describe('the address of a Service', () => {
  const addresses = '/apis/networking.k8s.io/v1/ipaddresses'
  const services = '/api/v1/namespaces/default/services'

  it('is an IPAddress that comes and goes with it', async () => {
    const { body } = await api.call('POST', services, {
      body: { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } },
    })
    const { clusterIP } = body.spec
    const made = await first(addresses, ({ metadata }) => metadata.name === clusterIP)

    expect(made).toMatchObject({
      metadata: { labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4' } },
      spec: { parentRef: { resource: 'services', name: 'web', namespace: 'default' } },
    })
    await api.call('DELETE', `${services}/web`)
    await gone(`${addresses}/${clusterIP}`)
  })

  it('comes back when somebody takes it away', async () => {
    const isOfServer = ({ spec }: KubeObject): boolean => spec.parentRef.name === 'kubernetes'
    const { metadata } = await first(addresses, isOfServer)
    await api.call('DELETE', `${addresses}/${metadata.name}`)

    const again = await first(addresses, (object) => isOfServer(object) && object.metadata.uid !== metadata.uid)
    expect(again.metadata.name).toBe(metadata.name)
  })
})

describe('priority and fairness', () => {
  const schemas = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'
  const dangling = ({ status }: KubeObject): { status: string; message: string } | undefined =>
    status?.conditions?.find(({ type }: { type: string }) => type === 'Dangling')

  it('has the defaults of every cluster', async () => {
    await first(schemas, (object) => object.metadata.name === 'exempt' && dangling(object)?.status === 'False')
    const { body } = await api.call('GET', schemas)
    const levels = await api.call('GET', schemas.replace('flowschemas', 'prioritylevelconfigurations'))
    expect([body.items.length, levels.body.items.length]).toEqual([11, 8])
    const table = await api.call('GET', schemas, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    const names: string[] = table.body.rows.map(({ cells }: { cells: string[] }) => cells[0])
    expect(names.slice(0, 3)).toEqual(['exempt', 'probes', 'system-leader-election'])
  })

  it('tells of a schema whose level is not there', async () => {
    const spec = { priorityLevelConfiguration: { name: 'nope' } }
    await api.call('POST', schemas, { body: { metadata: { name: 'mine' }, spec } })
    const object = await first(schemas, (one) => one.metadata.name === 'mine' && dangling(one) !== undefined)
    expect(dangling(object)).toMatchObject({
      status: 'True',
      message:
        'This FlowSchema references the PriorityLevelConfiguration object named "nope" but there is no such object',
    })
  })
})

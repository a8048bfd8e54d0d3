import { beforeAll, describe, expect, it } from 'vitest'
import { APPLY, call, MERGE, useCluster } from './cluster.ts'

const place = useCluster()
const maps = () => `/api/v1/namespaces/${place.namespace}/configmaps`
const leases = () => `/apis/coordination.k8s.io/v1/namespaces/${place.namespace}/leases`
const POD = { spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x:1' }] } }
const DEPLOYMENT = {
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
  },
}

beforeAll(async () => {
  await call('POST', `/api/v1/namespaces/${place.namespace}/serviceaccounts`, {
    body: { metadata: { name: 'default' } },
  })
})

describe('concurrency', () => {
  it('a stale version and a wrong uid are conflicts', async () => {
    const { body } = await call('POST', maps(), { body: { metadata: { name: 'stale' } } })
    await call('PATCH', `${maps()}/stale`, { type: MERGE, body: { data: { a: '1' } } })

    const stale = await call('PUT', `${maps()}/stale`, { body })
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' })
    expect(stale.body.message).toContain(
      'the object has been modified; please apply your changes to the latest version and try again',
    )
    const other = { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } }
    const refused = await call('DELETE', `${maps()}/stale`, { body: other })
    expect(refused.body).toMatchObject({ code: 409, details: { name: 'stale', kind: 'ConfigMap' } })
    expect(refused.body.message).toContain(
      'Operation cannot be fulfilled on ConfigMap "stale": the UID in the precondition',
    )
  })

  it('generated names differ, and generateName is kept', async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', maps(), { body: { metadata: { generateName: 'gen-' } } })),
    )

    expect(new Set(made.map(({ body }) => body.metadata.name)).size).toBe(5)
    expect(made[0]?.body.metadata).toMatchObject({
      name: expect.stringMatching(/^gen-[a-z0-9]{5}$/),
      generateName: 'gen-',
    })
  })

  it('writers that apply an object which is not there yet share it', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `m${index}`)
    const applied = await Promise.all(
      names.map((name) =>
        call('PATCH', `${maps()}/shared?fieldManager=${name}`, {
          type: APPLY,
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shared' }, data: { [name]: name } },
        }),
      ),
    )

    expect(applied.map(({ status }) => status).toSorted()).toEqual([...names.slice(1).map(() => 200), 201])
    expect(Object.keys((await call('GET', `${maps()}/shared`)).body.data)).toEqual(names)
  })

  it('a generated name that somebody has, and was named, may be tried again', async () => {
    const body = { metadata: { name: 'named', generateName: 'gen-' } }
    await call('POST', maps(), { body })

    const { status, body: refused } = await call('POST', maps(), { body })
    expect(status).toBe(409)
    expect(refused).toMatchObject({ reason: 'AlreadyExists', details: { retryAfterSeconds: 1 } })
  })
})

describe('the version that an update is of', () => {
  it.each([
    ['PUT', undefined],
    ['PUT', '0'],
    ['PATCH', null],
    ['PATCH', '0'],
  ])('of a %s with %s is any, where the type allows that', async (method, resourceVersion) => {
    await call('POST', maps(), { body: { metadata: { name: 'any' } } })
    await call('POST', leases(), { body: { metadata: { name: 'any' } } })
    const update = (path: string) =>
      call(method, `${path}/any`, {
        type: method === 'PATCH' ? MERGE : 'application/json',
        body: { metadata: { name: 'any', resourceVersion } },
      })

    expect((await update(maps())).status).toBe(200)
    const refused = await update(leases())
    expect(refused.status).toBe(422)
    expect(refused.body.message).toBe(
      'leases.coordination.k8s.io "any" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    )
  })

  it('is of the object with the uid that a replacement names, which may be gone', async () => {
    const uid = '00000000-0000-0000-0000-000000000001'
    const { status, body } = await call('PUT', `${leases()}/gone`, { body: { metadata: { name: 'gone', uid } } })

    expect(status).toBe(409)
    expect(body.message).toContain(`Precondition failed: UID in precondition: ${uid}, UID in object meta: `)
    const made = await call('PUT', `${leases()}/gone`, { body: { metadata: { name: 'gone', resourceVersion: '7' } } })
    expect(made.status).toBe(201)
  })
})

describe('metadata', () => {
  const changed = {
    labels: { new: 'l' },
    annotations: { new: 'a' },
    finalizers: ['conformance.example/new'],
    ownerReferences: [{ apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: 'none' }],
  }
  const { labels: _, ...withoutLabels } = changed
  const { ownerReferences: __, ...withoutOwners } = changed

  // A dry run: what the owner is, the garbage collector would look at.
  it.each([
    ['Services', 'api/v1', 'services', { spec: { ports: [{ port: 80 }] } }, changed],
    ['pods', 'api/v1', 'pods', POD, withoutOwners],
    ['Deployments', 'apis/apps/v1', 'deployments', DEPLOYMENT, withoutLabels],
  ])('may be written with the status, of %s all but what would do harm', async (_name, group, plural, rest, written) => {
    const path = `/${group}/namespaces/${place.namespace}/${plural}`
    await call('POST', path, { body: { metadata: { name: 'meta' }, ...rest } })

    const patch = { type: MERGE, body: { metadata: changed, spec: null } }
    const { metadata } = (await call('PATCH', `${path}/meta/status?dryRun=All`, patch)).body
    const shown = Object.fromEntries(
      Object.keys(changed).flatMap((field) => (metadata[field] ? [[field, metadata[field]]] : [])),
    )
    expect(shown).toEqual(written)
  })

  it.each([
    [{ finalizers: ['x y/z'] }, 'metadata.finalizers'],
    [{ finalizers: ['orphan', 'foregroundDeletion'] }, 'metadata.finalizers'],
    [{ uid: 'x' }, 'metadata.uid'],
    [{ deletionGracePeriodSeconds: 4 }, 'metadata.deletionGracePeriodSeconds'],
  ])('is not updated with %j', async (metadata, field) => {
    await call('POST', maps(), { body: { metadata: { name: 'fixed' } } })
    const { status, body } = await call('PATCH', `${maps()}/fixed`, { type: MERGE, body: { metadata } })

    expect(status).toBe(422)
    expect(body.details.causes[0].field).toBe(field)
  })
})

describe('a pod', () => {
  it.each([
    ['nodeName', 'none', 'spec'],
    ['ephemeralContainers', [{ name: 'e', image: 'x:1' }], 'spec'],
    ['schedulingGates', [{ name: 'example.com/wait' }], 'spec.schedulingGates[0].name'],
  ])('is not updated with %s, which it gets otherwise', async (field, value, where) => {
    const path = `/api/v1/namespaces/${place.namespace}/pods`
    await call('POST', path, { body: { metadata: { name: 'fixed' }, ...POD } })
    const { status, body } = await call('PATCH', `${path}/fixed`, { type: MERGE, body: { spec: { [field]: value } } })

    expect(status).toBe(422)
    expect(body.details.causes[0].field).toBe(where)
  })

  it('keeps the tolerations that every pod has when an update leaves them out', async () => {
    const path = `/api/v1/namespaces/${place.namespace}/pods`
    const { body } = await call('POST', path, { body: { metadata: { name: 'tolerant' }, ...POD } })
    const updated = await call('PATCH', `${path}/tolerant`, { type: MERGE, body: { spec: { tolerations: [] } } })

    expect(updated.body.spec.tolerations).toEqual(body.spec.tolerations)
  })
})

describe('the ranges of a Node', () => {
  it('say the same twice, and stay', async () => {
    const name = `ranges-${place.namespace}`
    const { body } = await call('POST', '/api/v1/nodes', {
      body: { metadata: { name }, spec: { podCIDR: '10.9.0.0/24' } },
    })
    const update = (spec: object) => call('PATCH', `/api/v1/nodes/${name}`, { type: MERGE, body: { spec } })

    expect(body.spec).toMatchObject({ podCIDR: '10.9.0.0/24', podCIDRs: ['10.9.0.0/24'] })
    expect((await update({ podCIDR: '10.8.0.0/24' })).status).toBe(422)
    expect((await update({ podCIDR: null })).body.spec.podCIDR).toBe('10.9.0.0/24')
    await call('DELETE', `/api/v1/nodes/${name}`)
  })
})

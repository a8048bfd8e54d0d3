import { beforeAll, describe, expect, it } from 'vitest'
import { call, MERGE, useCluster, watch } from './cluster.ts'

const place = useCluster()
const maps = () => `/api/v1/namespaces/${place.namespace}/configmaps`
const pods = () => `/api/v1/namespaces/${place.namespace}/pods`
const pod = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x:1' }], ...spec },
})

beforeAll(async () => {
  await call('POST', `/api/v1/namespaces/${place.namespace}/serviceaccounts`, {
    body: { metadata: { name: 'default' } },
  })
})

describe('deletion', () => {
  it('waits for finalizers', async () => {
    await call('POST', maps(), { body: { metadata: { name: 'held', finalizers: ['conformance.example/hold'] } } })
    await call('DELETE', `${maps()}/held`)

    const held = (await call('GET', `${maps()}/held`)).body
    expect(held.metadata.deletionTimestamp).toEqual(expect.any(String))
    await call('PATCH', `${maps()}/held`, { type: MERGE, body: { metadata: { finalizers: null } } })
    expect((await call('GET', `${maps()}/held`)).status).toBe(404)
  })

  it.each([
    ['Background', true],
    ['Foreground', true],
    ['Orphan', false],
  ])('with %s propagation: dependents go = %s', async (propagationPolicy, goes) => {
    const suffix = propagationPolicy.toLowerCase()
    const { body: owner } = await call('POST', maps(), { body: { metadata: { name: `owner-${suffix}` } } })
    const ownerReferences = [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        blockOwnerDeletion: true,
      },
    ]
    await call('POST', maps(), { body: { metadata: { name: `owned-${suffix}`, ownerReferences } } })

    await call('DELETE', `${maps()}/owner-${suffix}`, { body: { propagationPolicy } })

    const status = async (name: string) => (await call('GET', `${maps()}/${name}-${suffix}`)).status
    await expect.poll(() => status('owner')).toBe(404)
    if (goes) await expect.poll(() => status('owned')).toBe(404)
    else {
      const { body } = await call('GET', `${maps()}/owned-${suffix}`)
      expect(body.metadata.ownerReferences).toBeUndefined()
    }
  })

  it.each([
    ['a ConfigMap', maps, { metadata: { name: 'dry', finalizers: ['conformance.example/hold'] } }, 0],
    ['a pod on a node', pods, pod('dry', { nodeName: 'none' }), 30],
  ])('of %s in a dry run shows what would become of it', async (_, path, body, deletionGracePeriodSeconds) => {
    await call('POST', path(), { body })

    const { body: dry } = await call('DELETE', `${path()}/dry`, { body: { dryRun: ['All'] } })
    expect(dry.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds })
    expect((await call('GET', `${path()}/dry`)).body.metadata.deletionTimestamp).toBeUndefined()
  })
})

describe('the time that a pod has to end', () => {
  it('can be made shorter, counted from the first request, and nothing else', async () => {
    await call('POST', pods(), { body: pod('slow', { nodeName: 'none' }) })
    const remove = async (options?: object) => {
      const { metadata } = (await call('DELETE', `${pods()}/slow`, { body: options })).body
      return { ...metadata, since: Date.parse(metadata.deletionTimestamp) - metadata.deletionGracePeriodSeconds * 1000 }
    }

    const first = await remove({ gracePeriodSeconds: 60 })
    expect(first).toMatchObject({ deletionGracePeriodSeconds: 60, generation: 2 })
    for (const same of [undefined, { gracePeriodSeconds: 90 }, { propagationPolicy: 'Foreground' }]) {
      expect(await remove(same)).toMatchObject({ resourceVersion: first.resourceVersion })
    }
    const shorter = await remove({ gracePeriodSeconds: 20, propagationPolicy: 'Orphan' })
    expect(shorter).toMatchObject({ deletionGracePeriodSeconds: 20, finalizers: ['orphan'], since: first.since })
  })

  it('is none before it has a node, of which a watch is told first', async () => {
    const { body } = await call('GET', pods())
    const since = `resourceVersion=${body.metadata.resourceVersion}&fieldSelector=metadata.name=quick`
    await call('POST', pods(), { body: pod('quick') })
    const version = (await call('GET', `${pods()}/quick`)).body.metadata.resourceVersion
    const { body: gone } = await call('DELETE', `${pods()}/quick`, {
      body: { preconditions: { resourceVersion: version } },
    })

    const last = { deletionTimestamp: gone.metadata.deletionTimestamp, deletionGracePeriodSeconds: 0 }
    expect(gone).toMatchObject({ kind: 'Pod', metadata: { ...last, generation: 2 } })
    const events = await watch(`${pods()}?watch=true&${since}`)
    const told = [await events.next(), await events.next(), await events.next()]
    events.close()
    expect(told.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    expect(told.slice(1).map(({ object }) => object.metadata)).toEqual([
      expect.objectContaining(last),
      expect.objectContaining(last),
    ])
  })
})

describe('deletion of a collection', () => {
  it('is of what a list with the same options shows', async () => {
    for (const name of ['one', 'two', 'three']) {
      await call('POST', maps(), { body: { metadata: { name, labels: { many: 'yes' } } } })
    }
    const query = 'labelSelector=many%3Dyes'
    for (const wrong of ['limit=x', 'continue=x', 'labelSelector=a(b']) {
      expect((await call('DELETE', `${maps()}?${wrong}`)).status).toBe(400)
    }
    const first = await call('DELETE', `${maps()}?${query}&limit=2`)

    expect(first.body.items).toHaveLength(2)
    expect((await call('GET', `${maps()}?${query}`)).body.items).toHaveLength(1)
  })

  it.each([
    [{ gracePeriodSeconds: 'x' }, 'Go struct field DeleteOptions.gracePeriodSeconds of type int64'],
    [{ preconditions: 'x' }, 'Go struct field DeleteOptions.preconditions of type v1.Preconditions'],
  ])('and of an object is refused with options like %j', async (body, text) => {
    for (const path of [maps(), `${maps()}/none`]) {
      const refused = await call('DELETE', path, { body })
      expect({ status: refused.status, message: refused.body.message }).toEqual({
        status: 500,
        message: `json: cannot unmarshal string into ${text}`,
      })
    }
  })
})

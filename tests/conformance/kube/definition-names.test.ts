import { afterAll, expect, it } from 'vitest'
import { call, MERGE, useCluster } from './cluster.ts'

useCluster()

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
/** Of its own for each run: a real cluster keeps names for a while. */
const group = `names-${Math.random().toString(36).slice(2, 10)}.example.com`
const made: string[] = []
afterAll(async () => {
  for (const name of made) await call('DELETE', `${CRDS}/${name}`)
})

async function create(names: Record<string, unknown>): Promise<string> {
  const name = `${names.plural}.${group}`
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const spec = { group, scope: 'Cluster', names, versions: [{ name: 'v1', served: true, storage: true, schema }] }
  expect((await call('POST', CRDS, { body: { metadata: { name }, spec } })).status).toBe(201)
  made.push(name)
  return name
}

/** `type=status reason: message`, sorted. */
async function conditions(name: string): Promise<string[]> {
  const { body } = await call('GET', `${CRDS}/${name}`)
  const known = (body.status?.conditions ?? []) as Record<string, string>[]
  return known.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`).toSorted()
}

const ESTABLISHED = 'Established=True InitialNamesAccepted: the initial names have been accepted'
const NOT_ESTABLISHED = 'Established=False NotAccepted: not all names are accepted'
const ACCEPTED = 'NamesAccepted=True NoConflicts: no conflicts found'
const within = { timeout: 10_000 }

it('accepts the names that no other definition of the group has, and takes those that become free', async () => {
  const first = await create({ plural: 'firsts', kind: 'First', shortNames: ['f'] })
  await expect.poll(() => conditions(first), within).toEqual([ESTABLISHED, ACCEPTED])
  const second = await create({ plural: 'seconds', kind: 'First', singular: 'second', shortNames: ['s', 'f'] })

  const conflict = 'NamesAccepted=False ListKindConflict: "FirstList" is already in use'
  await expect.poll(() => conditions(second), within).toEqual([NOT_ESTABLISHED, conflict])
  const { body } = await call('GET', `${CRDS}/${second}`)
  expect(body.status.acceptedNames).toEqual({ plural: 'seconds', singular: 'second', kind: '' })
  expect((await call('GET', `/apis/${group}/v1/seconds`)).status).toBe(404)

  const names = { kind: 'Second', listKind: 'SecondList' }
  await call('PATCH', `${CRDS}/${second}`, { type: MERGE, body: { spec: { names } } })
  const shortNames = 'NamesAccepted=False ShortNamesConflict: "f" is already in use'
  await expect.poll(() => conditions(second), within).toEqual([NOT_ESTABLISHED, shortNames])

  await call('DELETE', `${CRDS}/${first}`)
  await expect.poll(() => conditions(second), within).toEqual([ESTABLISHED, ACCEPTED])
  await expect.poll(async () => (await call('GET', `/apis/${group}/v1/seconds`)).status, within).toBe(200)
})

it('keeps a definition that goes until its objects are gone, and lets none be made', { timeout: 60_000 }, async () => {
  const name = await create({ plural: 'helds', kind: 'Held' })
  await expect.poll(() => conditions(name), within).toEqual([ESTABLISHED, ACCEPTED])
  const path = `/apis/${group}/v1/helds`
  const held = (one: string) => ({
    apiVersion: `${group}/v1`,
    kind: 'Held',
    metadata: { name: one, finalizers: ['example.com/hold'] },
  })
  await expect.poll(async () => (await call('POST', path, { body: held('a') })).status, within).toBe(201)
  await call('DELETE', `${CRDS}/${name}`)

  const terminating = 'Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress'
  await expect.poll(() => conditions(name), within).toEqual([ESTABLISHED, ACCEPTED, terminating])
  await expect.poll(async () => (await call('GET', `${path}/a`)).body.metadata.deletionTimestamp, within).toBeDefined()
  const { body: refused } = await call('POST', path, { body: held('b') })
  expect(refused.message).toBe(
    `helds.${group} "b" is forbidden: create not allowed while custom resource definition is terminating`,
  )
  await call('PATCH', `${path}/a`, { type: MERGE, body: { metadata: { finalizers: null } } })
  await expect
    .poll(async () => (await call('GET', `${CRDS}/${name}`)).status, { timeout: 30_000, interval: 500 })
    .toBe(404)
})

it('has what it says of names managed by the server', async () => {
  const name = await create({ plural: 'managed', singular: 'managed', kind: 'Managed' })
  await expect.poll(() => conditions(name), within).toEqual([ESTABLISHED, ACCEPTED])

  const { metadata } = (await call('GET', `${CRDS}/${name}`)).body
  const known = metadata.managedFields.find(({ subresource }: { subresource?: string }) => subresource === 'status')
  expect(known).toMatchObject({ manager: 'kube-apiserver', operation: 'Update' })
  const condition = Object.fromEntries(
    ['.', 'f:lastTransitionTime', 'f:message', 'f:reason', 'f:status', 'f:type'].map((field) => [field, {}]),
  )
  expect(known.fieldsV1).toEqual({
    'f:status': {
      'f:acceptedNames': { 'f:kind': {}, 'f:listKind': {}, 'f:plural': {}, 'f:singular': {} },
      'f:conditions': { 'k:{"type":"Established"}': condition, 'k:{"type":"NamesAccepted"}': condition },
    },
  })
})

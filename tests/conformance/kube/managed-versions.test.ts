import { afterAll, beforeAll, expect, it } from 'vitest'
import { APPLY, call, MERGE, useCluster } from './cluster.ts'

useCluster()

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const group = `versions-${Math.random().toString(36).slice(2, 10)}.example.com`
const integer = { type: 'integer' }
const version = (name: string, storage: boolean, properties: object) => {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties } } }
  return { name, served: true, storage, schema: { openAPIV3Schema } }
}
const path = (name: string, object: string) => `/apis/${group}/${name}/tools/${object}`
const apply = (name: string, object: string, manager: string, spec: object) =>
  call('PATCH', `${path(name, object)}?fieldManager=${manager}`, {
    type: APPLY,
    body: { apiVersion: `${group}/${name}`, kind: 'Tool', metadata: { name: object }, spec },
  })

beforeAll(async () => {
  const names = { plural: 'tools', kind: 'Tool' }
  const versions = [version('v1', true, { old: integer, young: integer }), version('v1beta1', false, { old: integer })]
  const body = { metadata: { name: `tools.${group}` }, spec: { group, scope: 'Cluster', names, versions } }
  expect((await call('POST', CRDS, { body })).status).toBe(201)
})
afterAll(() => call('DELETE', `${CRDS}/tools.${group}`))

let count = 0
/** An object whose field `first` manages in the version that lacks the other; its name. */
async function managedInOlder(): Promise<string> {
  const object = `tool-${count++}`
  await expect.poll(async () => (await apply('v1beta1', object, 'first', { old: 1 })).status).toBe(201)
  return object
}

const fault = '.spec.young: field not declared in schema'

it.each([
  ['second', `failed to convert new object: ${fault}`],
  ['first', `failed to prune fields: failed to convert merged object to last applied version: ${fault}`],
])('applies fail with a field that a version lacks in which others are managed: %s', async (manager, message) => {
  const object = await managedInOlder()
  expect((await apply('v1', object, manager, { young: 1 })).body).toMatchObject({ code: 500, message })
  expect((await apply('v1', object, manager, { old: 1 })).status).toBe(200)
})

it('any other write of such a field takes the managers away', async () => {
  const object = await managedInOlder()
  const patch = (body: object) => call('PATCH', path('v1', object), { type: MERGE, body })
  const labelled = await patch({ metadata: { labels: { a: 'b' } } })
  expect(labelled.body.metadata.managedFields).toHaveLength(2)

  const written = await patch({ spec: { young: 1 } })

  expect([written.status, written.body.metadata.managedFields]).toEqual([200, undefined])
})

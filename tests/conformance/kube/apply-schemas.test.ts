import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { APPLY, call, MERGE, useCluster } from './cluster.ts'

useCluster()

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const group = `apply-${Math.random().toString(36).slice(2, 10)}.example.com`
const texts = { type: 'array', items: { type: 'string' } }
const set = { ...texts, 'x-kubernetes-list-type': 'set' }
const inside = {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
}
const version = (name: string, storage: boolean, list: object) => {
  const integer = { type: 'integer' }
  const spec = { type: 'object', properties: { list, replicas: integer, inside } }
  const status = { type: 'object', properties: { replicas: integer } }
  const openAPIV3Schema = { type: 'object', properties: { spec, status } }
  const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
  return { name, served: true, storage, schema: { openAPIV3Schema }, subresources: { status: {}, scale } }
}
const path = (name: string, object: string) => `/apis/${group}/${name}/tools/${object}`
const apply = (name: string, object: string, manager: string, content: object, query = '') =>
  call('PATCH', `${path(name, object)}?fieldManager=${manager}${query}`, {
    type: APPLY,
    body: { apiVersion: `${group}/${name}`, kind: 'Tool', metadata: { name: object }, ...content },
  })
const scale = (object: string, replicas: number) =>
  call('PATCH', `${path('v1', object)}/scale?fieldManager=scaler`, { type: MERGE, body: { spec: { replicas } } })
const fieldsOf = async (object: string): Promise<Record<string, unknown>> => {
  const { body } = await call('GET', path('v1', object))
  const managers = body.metadata.managedFields as { manager: string; fieldsV1: unknown }[]
  return Object.fromEntries(managers.map(({ manager, fieldsV1 }) => [manager, fieldsV1]))
}

beforeAll(async () => {
  const names = { plural: 'tools', kind: 'Tool' }
  const versions = [version('v1', true, set), version('v2', false, texts)]
  const body = { metadata: { name: `tools.${group}` }, spec: { group, scope: 'Cluster', names, versions } }
  expect((await call('POST', CRDS, { body })).status).toBe(201)
  await vi.waitFor(async () => expect((await apply('v1', 'first', 'a', {})).status).toBe(201), 10_000)
  await vi.waitFor(async () => expect((await apply('v2', 'first', 'b', {})).status).toBe(200), 10_000)
})
afterAll(() => call('DELETE', `${CRDS}/tools.${group}`))

it('compares what is managed in a version by the lists of that version', async () => {
  await apply('v1', 'lists', 'parts', { spec: { list: ['x'] } })
  await apply('v2', 'lists', 'whole', { spec: { list: ['x'] } })

  const added = await apply('v1', 'lists', 'other', { spec: { list: ['y'] } })
  expect(added.body.message).toBe('Apply failed with 1 conflict: conflict with "whole": .spec.list')
  const forced = await apply('v1', 'lists', 'other', { spec: { list: ['y'] } }, '&force=true')
  expect(forced.body.spec.list).toEqual(['x', 'y'])
  expect(await fieldsOf('lists')).toEqual({
    parts: { 'f:spec': { 'f:list': { 'v:"x"': {} } } },
    other: { 'f:spec': { 'f:list': { 'v:"y"': {} } } },
  })
})

it('gives whoever had a part of a list the whole when the list becomes atomic', async () => {
  await apply('v1', 'changing', 'parts', { spec: { list: ['x'] } })
  const { body: definition } = await call('GET', `${CRDS}/tools.${group}`)
  const atomic = {
    ...definition,
    spec: { ...definition.spec, versions: [version('v1', true, texts), version('v2', false, texts)] },
  }
  expect((await call('PUT', `${CRDS}/tools.${group}`, { body: atomic })).status).toBe(200)

  await expect
    .poll(async () => (await apply('v1', 'changing', 'other', { spec: { list: ['y'] } })).body.message)
    .toBe('Apply failed with 1 conflict: conflict with "parts": .spec.list')
  await apply('v1', 'changing', 'other', { spec: { replicas: 1 } })
  expect(await fieldsOf('changing')).toMatchObject({ parts: { 'f:spec': { 'f:list': {} } } })
})

it('takes null for nothing in the metadata of an object inside', async () => {
  const metadata = { name: 'x', labels: { a: null, b: '1' }, annotations: null }
  const applied = await apply('v1', 'nulls', 'a', { spec: { inside: { apiVersion: 'v1', kind: 'X', metadata } } })

  expect([applied.status, applied.body.spec.inside.metadata]).toMatchObject([201, { name: 'x', labels: { b: '1' } }])
})

it('makes nobody the manager of replicas that nobody has managed', async () => {
  await apply('v1', 'scaled', 'a', { spec: { list: ['x'] } })
  await scale('scaled', 2)
  expect(Object.keys(await fieldsOf('scaled'))).toEqual(['a'])

  expect((await apply('v1', 'scaled', 'b', { spec: { replicas: 3 } })).status).toBe(200)
  await scale('scaled', 4)
  expect(await fieldsOf('scaled')).toMatchObject({ scaler: { 'f:spec': { 'f:replicas': {} } } })
  await scale('scaled', 0)
  expect(Object.keys(await fieldsOf('scaled'))).toEqual(['a'])
})

it('gives before-first-apply what an apply may write only', async () => {
  await apply('v1', 'untracked', 'a', { spec: { list: ['x'] } })
  await call('PATCH', `${path('v1', 'untracked')}/status`, { type: MERGE, body: { status: { replicas: 1 } } })
  const forgotten = { metadata: { managedFields: [{}] } }
  await call('PATCH', path('v1', 'untracked'), { type: MERGE, body: forgotten })

  await apply('v1', 'untracked', 'b', { spec: { replicas: 1 } })
  expect((await fieldsOf('untracked'))['before-first-apply']).toMatchObject({ 'f:spec': { 'f:list': {} } })
  expect((await fieldsOf('untracked'))['before-first-apply']).not.toHaveProperty('f:status')
})

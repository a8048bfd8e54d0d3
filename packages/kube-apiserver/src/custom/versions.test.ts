import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { openWatch } from '../testing/watch-client.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const MERGE = 'application/merge-patch+json'
const text = { type: 'string' }

const version = (name: string, storage: boolean, spec: object) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', ...spec } } } },
  additionalPrinterColumns: [{ name: 'Colour', type: 'string', jsonPath: '.spec.colour' }],
  ...(storage && { selectableFields: [{ jsonPath: '.spec.colour' }] }),
})

/** v1, in which objects are stored, has a default that v1beta1 has not; each knows a field that the other does not. */
const VERSIONS = [
  version('v1', true, { properties: { colour: { ...text, default: 'red' }, size: { type: 'integer' }, own: text } }),
  version('v1beta1', false, { properties: { colour: text, size: { type: 'integer', default: 3 }, old: text } }),
]

async function define(group: string, versions: object[] = VERSIONS): Promise<void> {
  const names = { plural: 'things', kind: 'Thing' }
  const body = { metadata: { name: `things.${group}` }, spec: { group, scope: 'Cluster', names, versions } }
  const { status, body: answer } = await api.call('POST', CRDS, { body })
  expect({ status, message: answer.message }).toEqual({ status: 201, message: undefined })
}
const path = (group: string, name: string) => `/apis/${group}/${name}/things`
const thing = (group: string, name: string, spec: object) => ({
  apiVersion: `${group}/${name}`,
  kind: 'Thing',
  metadata: { name: 'one' },
  spec,
})

describe('a default that only one version has', () => {
  it('is shown in every version that knows the field, when it is that of the storage version', async () => {
    await define('a.versions.dev')
    const body = thing('a.versions.dev', 'v1beta1', { old: 'x' })
    const created = await api.call('POST', path('a.versions.dev', 'v1beta1'), { body })

    expect(created.body.spec).toEqual({ colour: 'red', size: 3 })
    expect((await api.call('GET', `${path('a.versions.dev', 'v1')}/one`)).body.spec).toEqual({ colour: 'red', size: 3 })
    expect((await api.call('GET', path('a.versions.dev', 'v1beta1'))).body.items[0].spec.colour).toBe('red')
  })

  it('is not shown in others when it is that of another version, through which nothing was written', async () => {
    await define('b.versions.dev')
    await api.call('POST', path('b.versions.dev', 'v1'), { body: thing('b.versions.dev', 'v1', { own: 'x' }) })

    expect((await api.call('GET', `${path('b.versions.dev', 'v1')}/one`)).body.spec).toEqual({
      colour: 'red',
      own: 'x',
    })
    expect((await api.call('GET', `${path('b.versions.dev', 'v1beta1')}/one`)).body.spec).toEqual({ colour: 'red' })
  })

  it('comes to what is stored with the definition that brings it, also for selectors, columns and watches', async () => {
    const bare = [version('v1', true, { properties: { colour: text, size: { type: 'integer' } } })]
    await define('c.versions.dev', bare)
    await api.call('POST', path('c.versions.dev', 'v1'), { body: thing('c.versions.dev', 'v1', { size: 1 }) })
    await api.call('PATCH', `${CRDS}/things.c.versions.dev`, { type: MERGE, body: { spec: { versions: VERSIONS } } })

    const { body: selected } = await api.call('GET', `${path('c.versions.dev', 'v1')}?fieldSelector=spec.colour%3Dred`)
    expect(selected.items[0].spec).toEqual({ size: 1, colour: 'red' })
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const { body: table } = await api.call('GET', path('c.versions.dev', 'v1beta1'), { accept })
    expect(table.rows[0].cells).toEqual(['one', 'red'])
    const watch = await openWatch(api, `${path('c.versions.dev', 'v1beta1')}?watch=true`)
    expect((await watch.next()).object.spec).toEqual({ size: 1, colour: 'red' })
    watch.close()
  })
})

describe('what another version knows', () => {
  it('is not shown in a version that does not, and is lost with a write through it', async () => {
    await define('d.versions.dev')
    await api.call('POST', path('d.versions.dev', 'v1'), { body: thing('d.versions.dev', 'v1', { own: 'x' }) })
    const one = `${path('d.versions.dev', 'v1beta1')}/one`

    expect((await api.call('GET', one)).body.spec).toEqual({ colour: 'red' })
    await api.call('PATCH', one, { type: MERGE, body: { spec: { size: 5 } } })
    expect((await api.call('GET', `${path('d.versions.dev', 'v1')}/one`)).body.spec).toEqual({ colour: 'red', size: 5 })
  })
})

describe('null', () => {
  it('is the default, goes, or stays, as the schema says', async () => {
    const properties = {
      plain: text,
      known: { ...text, default: 'x' },
      nullable: { ...text, nullable: true },
      both: { ...text, nullable: true, default: 'y' },
      list: { type: 'array', items: { ...text, default: 'i' } },
      map: { type: 'object', additionalProperties: { ...text, default: 'm' } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    }
    await define('null.versions.dev', [
      { ...version('v1', true, { properties }), selectableFields: [], additionalPrinterColumns: [] },
    ])
    const spec = {
      plain: null,
      known: null,
      nullable: null,
      both: null,
      list: [null, 'a'],
      map: { a: null },
      free: { a: null },
    }
    const { body } = await api.call('POST', path('null.versions.dev', 'v1'), {
      body: thing('null.versions.dev', 'v1', spec),
    })

    expect(body.spec).toEqual({
      known: 'x',
      nullable: null,
      both: null,
      list: ['i', 'a'],
      map: { a: 'm' },
      free: { a: null },
    })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const MERGE = 'application/merge-patch+json'

interface Names {
  plural: string
  kind: string
  singular?: string
  listKind?: string
  shortNames?: string[]
}

const definition = (group: string, names: Names) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${names.plural}.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names,
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
})

const create = async (group: string, names: Names) =>
  (await api.call('POST', CRDS, { body: definition(group, names) })).body
const read = async (name: string) => (await api.call('GET', `${CRDS}/${name}`)).body
const conditionsOf = ({ status }: { status: { conditions: Record<string, string>[] } }) =>
  status.conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`)

const ACCEPTED = [
  'NamesAccepted=True NoConflicts: no conflicts found',
  'Established=True InitialNamesAccepted: the initial names have been accepted',
]
const NOT_ESTABLISHED = 'Established=False NotAccepted: not all names are accepted'

describe('names that another definition of the group has', () => {
  it.each<[string, string, Names, string, object]>([
    [
      'singular',
      'a.dev',
      { plural: 'bs', kind: 'B', singular: 'firsts' },
      'SingularConflict',
      { plural: 'bs', kind: 'B', listKind: 'BList' },
    ],
    [
      'plural',
      'b.dev',
      { plural: 'first', kind: 'B', singular: 'b' },
      'PluralConflict',
      { plural: '', kind: 'B', listKind: 'BList', singular: 'b' },
    ],
    [
      'kind',
      'c.dev',
      { plural: 'bs', kind: 'First', singular: 'b', listKind: 'BList' },
      'KindConflict',
      { plural: 'bs', kind: '', listKind: 'BList', singular: 'b' },
    ],
    [
      'list kind',
      'd.dev',
      { plural: 'bs', kind: 'B', listKind: 'FirstList' },
      'ListKindConflict',
      { plural: 'bs', kind: 'B', singular: 'b' },
    ],
    [
      'short names',
      'e.dev',
      { plural: 'bs', kind: 'B', shortNames: ['b', 'f1'] },
      'ShortNamesConflict',
      { plural: 'bs', kind: 'B', singular: 'b', listKind: 'BList' },
    ],
  ])('are not accepted as %s, and nothing is served', async (_, group, names, reason, accepted) => {
    await create(group, { plural: 'firsts', kind: 'First', shortNames: ['f1'] })
    const second = await create(group, names)

    const used = [names.plural, names.singular, names.kind, names.listKind, ...(names.shortNames ?? [])]
    const taken = used.find((name) => ['first', 'firsts', 'First', 'FirstList', 'f1'].includes(name ?? ''))
    expect(conditionsOf(second)).toEqual([
      `NamesAccepted=False ${reason}: "${taken}" is already in use`,
      NOT_ESTABLISHED,
    ])
    expect(second.status.acceptedNames).toEqual(accepted)
    expect((await api.call('GET', `/apis/${group}/v1/${names.plural}`)).status).toBe(404)
  })

  it('are accepted in another group', async () => {
    await create('one.dev', { plural: 'firsts', kind: 'First' })
    expect(conditionsOf(await create('two.dev', { plural: 'firsts', kind: 'First' }))).toEqual(ACCEPTED)
  })

  it('are accepted as soon as the other definition is gone', async () => {
    await create('gone.dev', { plural: 'firsts', kind: 'First' })
    await create('gone.dev', { plural: 'seconds', kind: 'First', singular: 'second' })
    await api.call('DELETE', `${CRDS}/firsts.gone.dev`)

    await expect.poll(async () => conditionsOf(await read('seconds.gone.dev'))).toEqual(ACCEPTED)
    expect((await api.call('GET', '/apis/gone.dev/v1/seconds')).body.kind).toBe('FirstList')
  })

  it('are accepted as soon as the other definition does without them', async () => {
    await create('free.dev', { plural: 'firsts', kind: 'First', shortNames: ['f'] })
    const second = await create('free.dev', { plural: 'seconds', kind: 'Second', shortNames: ['f'] })
    expect(conditionsOf(second)[0]).toContain('ShortNamesConflict')
    const body = { spec: { names: { shortNames: ['g'] } } }
    await api.call('PATCH', `${CRDS}/firsts.free.dev`, { type: MERGE, body })

    await expect.poll(async () => conditionsOf(await read('seconds.free.dev'))).toEqual(ACCEPTED)
  })

  it('leave what is served already as it was', async () => {
    await create('kept.dev', { plural: 'firsts', kind: 'First', shortNames: ['f'] })
    await create('kept.dev', { plural: 'seconds', kind: 'Second', shortNames: ['s'] })
    const body = { spec: { names: { shortNames: ['s', 'f'] } } }
    const { body: changed } = await api.call('PATCH', `${CRDS}/seconds.kept.dev`, { type: MERGE, body })

    expect(conditionsOf(changed)).toEqual([
      'NamesAccepted=False ShortNamesConflict: "f" is already in use',
      ACCEPTED[1],
    ])
    const { body: discovered } = await api.call('GET', '/apis/kept.dev/v1')
    expect(
      discovered.resources.map(({ name, shortNames }: Record<string, unknown>) => [name, shortNames]),
    ).toContainEqual(['seconds', ['s']])
  })

  it('are told of again after a restart, and freed', async () => {
    const { store } = api
    await create('again.dev', { plural: 'firsts', kind: 'First' })
    await create('again.dev', { plural: 'seconds', kind: 'First', singular: 'second' })
    const other = await startTestServer({ store })
    try {
      await other.call('DELETE', `${CRDS}/firsts.again.dev`)
      await expect
        .poll(async () => conditionsOf((await other.call('GET', `${CRDS}/seconds.again.dev`)).body))
        .toEqual(ACCEPTED)
    } finally {
      await other.stop()
    }
  })

  it('go with a definition that was never served', async () => {
    await create('never.dev', { plural: 'firsts', kind: 'First' })
    await create('never.dev', { plural: 'seconds', kind: 'First', singular: 'second' })
    await api.call('DELETE', `${CRDS}/seconds.never.dev`)
    await expect.poll(async () => (await read('seconds.never.dev')).code).toBe(404)
    expect(conditionsOf(await read('firsts.never.dev'))).toEqual(ACCEPTED)
  })
})

describe('a definition that goes', () => {
  it('waits for the finalizers of its objects, and lets none be made', async () => {
    await create('held.dev', { plural: 'firsts', kind: 'First' })
    const one = (name: string) => ({ apiVersion: 'held.dev/v1', kind: 'First', metadata: { name } })
    const held = { ...one('a'), metadata: { name: 'a', finalizers: ['test.dev/hold'] } }
    await api.call('POST', '/apis/held.dev/v1/firsts', { body: held })
    await api.call('POST', '/apis/held.dev/v1/firsts', { body: one('b') })
    await api.call('DELETE', `${CRDS}/firsts.held.dev`)

    await expect
      .poll(async () => conditionsOf(await read('firsts.held.dev')).at(-1))
      .toBe('Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress')
    await expect.poll(async () => (await api.call('GET', '/apis/held.dev/v1/firsts/b')).status).toBe(404)
    const refused = await api.call('POST', '/apis/held.dev/v1/firsts', { body: one('c') })
    expect(refused.body).toMatchObject({
      code: 403,
      message: 'firsts.held.dev "c" is forbidden: create not allowed while custom resource definition is terminating',
    })
    const { body: discovered } = await api.call('GET', '/apis/held.dev/v1')
    expect(discovered.resources[0].verbs).toEqual(['delete', 'deletecollection', 'get', 'list', 'watch'])

    const body = { metadata: { finalizers: null } }
    await api.call('PATCH', '/apis/held.dev/v1/firsts/a', { type: MERGE, body })
    await expect.poll(async () => (await read('firsts.held.dev')).code).toBe(404)
  })

  it('says that its objects are gone while something else holds it', async () => {
    const crd = definition('kept-crd.dev', { plural: 'firsts', kind: 'First' })
    const metadata = { ...crd.metadata, finalizers: ['test.dev/hold'] }
    await api.call('POST', CRDS, { body: { ...crd, metadata } })
    await api.call('DELETE', `${CRDS}/firsts.kept-crd.dev`)

    await expect
      .poll(async () => conditionsOf(await read('firsts.kept-crd.dev')).at(-1))
      .toBe('Terminating=False InstanceDeletionCompleted: removed all instances')
    await expect.poll(async () => (await read('firsts.kept-crd.dev')).metadata.finalizers).toEqual(['test.dev/hold'])
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'

const place = useCluster()
const maps = () => `/api/v1/namespaces/${place.namespace}/configmaps`
const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name)

beforeAll(async () => {
  for (let i = 0; i < 9; i++) {
    const body = { metadata: { name: `page-${i}`, labels: { page: String(i % 3) } }, data: { n: String(i) } }
    await call('POST', maps(), { body })
  }
})

describe('a list in pages', () => {
  it('shows every object once, at one version, and tells how many are left', async () => {
    const first = (await call('GET', `${maps()}?limit=4`)).body
    await call('POST', maps(), { body: { metadata: { name: 'page-1a' } } })
    const second = (await call('GET', `${maps()}?limit=4&continue=${first.metadata.continue}`)).body
    const third = (await call('GET', `${maps()}?limit=4&continue=${second.metadata.continue}`)).body
    await call('DELETE', `${maps()}/page-1a`)

    const all = [...names(first), ...names(second), ...names(third)].filter((name) => name.startsWith('page-'))
    expect(all).toEqual(Array.from({ length: 9 }, (_, i) => `page-${i}`))
    expect(first.metadata.remainingItemCount + 4).toBe([...names(first), ...names(second), ...names(third)].length)
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    expect(third.metadata.continue ?? '').toBe('')
  })

  it('is refused with a token that is none', async () => {
    const { status, body } = await call('GET', `${maps()}?limit=4&continue=nonsense`)

    expect(status).toBe(400)
    expect(body.message).toContain('continue key is not valid')
  })
})

describe('options of a list', () => {
  it.each([
    ['resourceVersionMatch=Exact', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    ['resourceVersionMatch=Sometimes&resourceVersion=1', 'Unsupported value: "Sometimes"'],
    ['watch=true&sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
  ])('%s is invalid', async (query, text) => {
    const { status, body } = await call('GET', `${maps()}?${query}`)

    expect(body.message).toContain(text)
    expect(status).toBe(422)
  })

  it('a resource version from the future is refused with a time to wait', async () => {
    const { status, body } = await call('GET', `${maps()}?resourceVersion=999999999`)

    expect(status).toBe(504)
    expect(body).toMatchObject({ reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } })
  })
})

describe('selectors', () => {
  it.each([
    ['labelSelector=page%3D1', ['page-1', 'page-4', 'page-7']],
    ['labelSelector=page+in+(0,2),page!%3D2', ['page-0', 'page-3', 'page-6']],
    ['labelSelector=page,page+notin+(0,1)', ['page-2', 'page-5', 'page-8']],
    ['fieldSelector=metadata.name%3Dpage-4', ['page-4']],
    ['fieldSelector=metadata.name!%3Dpage-4&labelSelector=page%3D1', ['page-1', 'page-7']],
  ])('%s', async (query, expected) => {
    expect(names((await call('GET', `${maps()}?${query}`)).body)).toEqual(expected)
  })

  it('by a field that cannot be selected by is refused', async () => {
    const { status, body } = await call('GET', `${maps()}?fieldSelector=data.n%3D1`)

    expect(status).toBe(400)
    expect(body.message).toContain('"data.n" is not a known field selector')
  })
})

describe('other forms', () => {
  const meta = (as: string) => `application/json;as=${as};g=meta.k8s.io;v=v1`

  it('a Table has columns, rows and the objects behind them', async () => {
    const { body } = await call('GET', `${maps()}?labelSelector=page%3D1`, { accept: meta('Table') })

    expect(body.kind).toBe('Table')
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Data', 'Age'])
    expect(body.rows.map(({ cells }: { cells: unknown[] }) => cells.slice(0, 2))).toEqual([
      ['page-1', 1],
      ['page-4', 1],
      ['page-7', 1],
    ])
    expect(body.rows[0].object.kind).toBe('PartialObjectMetadata')
  })

  it('metadata alone', async () => {
    const { body } = await call('GET', `${maps()}/page-1`, { accept: meta('PartialObjectMetadata') })

    expect(body).toMatchObject({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'page-1' },
    })
    expect(body.data).toBeUndefined()
  })

  it('none that is known is a 406', async () => {
    expect((await call('GET', maps(), { accept: 'text/csv' })).status).toBe(406)
    const review = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } }
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    expect((await call('POST', path, { body: review, accept: meta('Table') })).status).toBe(406)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, chartArchive, startRegistry, type TestRegistry } from '../testing/index.ts'

let registry: TestRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(async () => {
  expect(registry.errors).toEqual([])
  await registry.stop()
  await registry.remove()
})

const PROVENANCE = (name: string, version: string): string => `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

apiVersion: v2
name: ${name}
version: ${version}

...
files:
  ${name}-${version}.tgz: sha256:00
-----BEGIN PGP SIGNATURE-----

wsBcBAEBCgAQ
-----END PGP SIGNATURE-----
`

const send: TestRegistry['client']['send'] = (...args) => registry.client.send(...args)
const read = async (path: string): Promise<unknown> => (await send('GET', path)).json()
const postForm = (path: string, fields: Record<string, Buffer | string>): Promise<Response> => {
  const form = new FormData()
  for (const [field, content] of Object.entries(fields)) form.set(field, new Blob([content]), `${field}.file`)
  return fetch(registry.url + path, { method: 'POST', headers: { authorization: basic('developer') }, body: form })
}

describe("ChartMuseum's API", () => {
  it('takes a chart as the body of a request, into the same store as everything else', async () => {
    const saved = await send('POST', '/api/repo/charts', { body: await chartArchive('plain', '1.0.0') })

    expect([saved.status, await saved.json()]).toEqual([201, { saved: true }])
    expect((await send('GET', '/v2/helm/plain/manifests/1.0.0')).status).toBe(200)
    expect(await (await send('GET', '/helm/v1/repo/index.yaml')).text()).toContain('plain-1.0.0.tgz')
  })

  it('takes chart and provenance file as a form, as helm cm-push sends it', async () => {
    const chart = await chartArchive('formed', '1.0.0')
    const index = await (await send('GET', '/helm/v1/charts/index.yaml')).text()
    const contextPath = /contextPath: (.+)/.exec(index)?.[1]

    const saved = await postForm(`${contextPath}/api/charts/charts`, { chart, prov: PROVENANCE('formed', '1.0.0') })

    expect([saved.status, await saved.json()]).toEqual([201, { saved: true }])
    expect(await (await send('GET', '/helm/v1/charts/_blobs/formed-1.0.0.tgz.prov')).text()).toContain('SIGNED')
  })

  it('takes a provenance file for a chart that is there', async () => {
    await send('POST', '/api/charts', { body: await chartArchive('signed', '1.0.0+x') })

    const raw = await send('POST', '/api/prov', { body: PROVENANCE('signed', '1.0.0+x') })
    const formed = await postForm('/api/prov', { prov: PROVENANCE('signed', '1.0.0+x') })
    const without = await send('POST', '/api/prov', { body: PROVENANCE('missing', '1.0.0') })
    const nonsense = await send('POST', '/api/prov', { body: 'no signature' })

    expect([raw.status, formed.status, without.status, nonsense.status]).toEqual([201, 201, 404, 400])
    expect(await nonsense.json()).toEqual({ error: expect.stringContaining('names no chart') })
  })

  it('refuses another chart of the same version unless it is forced', async () => {
    const put = async (query: string, values: string): Promise<Response> =>
      send('POST', `/api/charts${query}`, { body: await chartArchive('again', '1.0.0', { 'values.yaml': values }) })

    const statuses = [
      (await put('', 'a: 1')).status,
      (await put('', 'a: 1')).status,
      (await put('?force', 'a: 2')).status,
    ]
    const conflict = await put('', 'a: 3')

    expect([...statuses, conflict.status]).toEqual([201, 201, 201, 409])
    expect(await conflict.json()).toEqual({ error: expect.stringContaining('exists already') })
  })

  it('lists charts, versions and what is inside, and deletes', async () => {
    for (const version of ['1.0.0', '1.1.0']) {
      const files = { 'values.yaml': 'color: red\n', 'templates/a.yaml': 'kind: A\n' }
      await send('POST', '/api/listing/charts', { body: await chartArchive('one', version, files) })
    }
    await send('POST', '/api/listing/charts', { body: await chartArchive('two', '2.0.0') })

    expect(await read('/api/listing/charts')).toMatchObject({
      one: [{ version: '1.1.0' }, { version: '1.0.0' }],
      two: [{}],
    })
    expect(await read('/api/listing/charts?offset=1&limit=1')).toMatchObject({ two: [{ version: '2.0.0' }] })
    expect(await read('/api/listing/charts/one')).toMatchObject([{ version: '1.1.0' }, { version: '1.0.0' }])
    expect(await read('/api/listing/charts/one/latest')).toMatchObject({ version: '1.1.0' })
    expect((await send('HEAD', '/api/listing/charts/one/1.0.0')).status).toBe(200)
    expect(await (await send('GET', '/api/listing/charts/one/1.0.0/values')).text()).toBe('color: red\n')
    expect(await read('/api/listing/charts/one/1.0.0/templates')).toEqual({
      templates: [{ name: 'templates/a.yaml', data: btoa('kind: A\n') }],
      values: { color: 'red' },
    })
    expect(await (await send('DELETE', '/api/listing/charts/one/1.0.0')).json()).toEqual({ deleted: true })
    expect((await send('GET', '/api/listing/charts/one/1.0.0')).status).toBe(404)
  })

  it('leaves a repository that is named api alone', async () => {
    await send('POST', '/api/api/charts', { body: await chartArchive('mine', '1.0.0') })

    expect(await (await send('GET', '/helm/v1/api/index.yaml')).text()).toContain('mine-1.0.0.tgz')
    expect(await read('/helm/v1/api/_charts/mine/1.0.0')).toMatchObject({ name: 'mine' })
    expect(await read('/helm/v1/api/api/charts/mine/1.0.0')).toMatchObject({ name: 'mine' })
  })

  it.each([
    ['GET', '/api/charts?limit=0', 400, 'limit is not a valid positive integer'],
    ['GET', '/api/charts?offset=x', 400, 'offset is not a valid non-negative integer'],
    ['GET', '/api/charts/none', 404, 'chart not found'],
    ['GET', '/api/UPPER/charts', 404, 'invalid repository name'],
    ['GET', '/api/charts/%ff', 404, 'the path is not percent-encoded UTF-8'],
    ['PUT', '/api/charts', 404, 'PUT /api/charts is not served'],
  ])('%s %s is answered with %i', async (method, path, status, error) => {
    const answer = await send(method, path)

    expect([answer.status, await answer.json()]).toEqual([status, { error }])
  })

  it.each([
    ['no chart', { 'content-type': 'text/plain' }, 'x', /no gzipped tar/],
    [
      'a form without files',
      { 'content-type': 'multipart/form-data; boundary=b' },
      '--b--\r\n',
      /no package or provenance/,
    ],
    ['a form that is none', { 'content-type': 'multipart/form-data; boundary=b' }, 'nonsense', /form can't be read/],
  ])('refuses %s', async (_what, headers, body, message) => {
    const answer = await send('POST', '/api/charts', { headers, body })

    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringMatching(message) }])
  })

  it('is healthy', async () => {
    expect(await (await send('GET', '/health', { auth: '' })).json()).toEqual({ healthy: true })
  })
})

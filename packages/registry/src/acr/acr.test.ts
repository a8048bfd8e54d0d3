import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, sha256, startRegistry, type TestClient, type TestRegistry } from '../testing/index.ts'

let registry: TestRegistry
let client: TestClient
let now = Date.parse('2026-01-01T00:00:00Z')
beforeAll(async () => {
  registry = await startRegistry({ clock: () => now })
  client = registry.client
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
})

const ALL = { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true }

async function pushLater(name: string, tag: string): Promise<string> {
  now += 1_000
  return client.pushImage(name, tag, `${name} ${tag}`)
}

const patch = (path: string, body: unknown): Promise<Response> =>
  client.send('PATCH', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

describe('the catalogue', () => {
  it('shows a repository, its tags and its manifests as Azure does', async () => {
    const first = await pushLater('shop/web', 'b')
    const second = await pushLater('shop/web', 'a')

    const repository = await client.json('/acr/v1/shop/web')
    const tags = await client.json('/acr/v1/shop/web/_tags?orderby=timedesc')
    const tag = await client.json('/acr/v1/shop/web/_tags/b')
    const { manifests } = await client.json<{ manifests: object[] }>('/acr/v1/shop/web/_manifests?orderby=timeasc')
    const manifest = await client.json(`/acr/v1/shop/web/_manifests/${first}`)

    expect(repository).toEqual({
      registry: 'registry.test',
      imageName: 'shop/web',
      createdTime: '2026-01-01T00:00:01.000Z',
      lastUpdateTime: '2026-01-01T00:00:02.000Z',
      manifestCount: 2,
      tagCount: 2,
      changeableAttributes: ALL,
    })
    expect(tags).toMatchObject({ imageName: 'shop/web', tags: [{ name: 'a' }, { name: 'b' }] })
    expect(tag).toMatchObject({ tag: { name: 'b', digest: first, createdTime: '2026-01-01T00:00:01.000Z' } })
    expect(manifests).toMatchObject([{ digest: first }, { digest: second }])
    expect(manifest).toMatchObject({
      registry: 'registry.test',
      imageName: 'shop/web',
      manifest: {
        digest: first,
        architecture: 'amd64',
        os: 'linux',
        imageSize: 47,
        tags: ['b'],
        changeableAttributes: ALL,
      },
    })
  })

  it('pages in the order that is asked for', async () => {
    for (const tag of ['c', 'a', 'b']) await pushLater('paged', tag)

    const first = await client.send('GET', '/acr/v1/paged/_tags?n=2&orderby=timedesc')
    const link = /<(.+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
    const second = await client.json<{ tags: object[] }>(link)

    expect(await first.json()).toMatchObject({ tags: [{ name: 'b' }, { name: 'a' }] })
    expect(second.tags).toMatchObject([{ name: 'c' }])
  })

  it('goes on behind a tag that has gone since, as a client has it that deletes as it reads', async () => {
    for (const tag of ['a', 'b', 'c', 'd']) await pushLater('read', tag)
    await client.send('DELETE', '/acr/v1/read/_tags/b')

    const { tags } = await client.json<{ tags: object[] }>('/acr/v1/read/_tags?n=1&last=b')

    expect(tags).toMatchObject([{ name: 'c' }])
  })

  it('counts once what an index has in many ways', async () => {
    const layers = ['one', 'two two']
    let level = await Promise.all(layers.map((layer) => client.pushImage('many', layer.slice(0, 3), layer)))
    for (let height = 0; height < 30; height++) {
      level = [
        await client.pushIndex('many', `a${height}`, level),
        await client.pushIndex('many', `b${height}`, level.toReversed()),
      ]
    }

    const { manifest } = await client.json<{ manifest: object }>(`/acr/v1/many/_manifests/${level[0]}`)

    const config = JSON.stringify({ architecture: 'amd64', os: 'linux' })
    expect(manifest).toMatchObject({ imageSize: config.length + layers.join('').length })
  })

  it('keeps the time of a tag that moves', async () => {
    await pushLater('moving', 'latest')
    now += 60_000
    await client.pushImage('moving', 'latest', 'other content')

    const { tag } = await client.json<{ tag: { createdTime: string; lastUpdateTime: string } }>(
      '/acr/v1/moving/_tags/latest',
    )

    expect(Date.parse(tag.lastUpdateTime) - Date.parse(tag.createdTime)).toBe(60_000)
  })

  it('removes a tag and leaves the manifest, and a repository with everything', async () => {
    const digest = await pushLater('gone', '1')

    const untagged = await client.send('DELETE', '/acr/v1/gone/_tags/1')
    const manifest = await client.send('GET', `/v2/gone/manifests/${digest}`)
    const removed = await client.send('DELETE', '/acr/v1/gone')

    expect([untagged.status, manifest.status, removed.status]).toEqual([202, 200, 202])
    expect(await removed.json()).toEqual({ manifestsDeleted: [digest], tagsDeleted: [] })
    expect((await client.send('GET', '/v2/gone/tags/list')).status).toBe(404)
  })

  it.each([
    '/acr/v1/none',
    '/acr/v1/none/_tags',
    '/acr/v1/shop/web/_tags/none',
    '/acr/v1/shop/web/_manifests/none',
  ])('has nothing at %s', async (path) => {
    expect((await client.send('GET', path)).status).toBe(404)
  })

  it.each([
    ['{'],
    ['[]'],
    ['{}'],
    ['{"writeEnabled":"no"}'],
    ['{"evil":true}'],
    ['{"toString":true}'],
  ])('takes no nonsense: %s', async (body) => {
    expect((await client.send('PATCH', '/acr/v1/shop/web', { body })).status).toBe(400)
  })
})

describe('a lock', () => {
  it('is set on nothing where its repository goes before it is said', async () => {
    await client.pushImage('going', '1')
    const headers = { authorization: basic('admin'), expect: '100-continue' }
    const patching = request(`${client.url}/acr/v1/going`, { method: 'PATCH', headers })
    patching.flushHeaders()
    await once(patching, 'continue')
    await client.send('DELETE', '/acr/v1/going')
    patching.end('{"writeEnabled":false}')
    const [answer] = (await once(patching, 'response')) as [IncomingMessage]
    answer.resume()

    expect(answer.statusCode).toBe(404)
    expect((await client.send('GET', '/acr/v1/going')).status).toBe(404)
  })

  const disallowed = async (answer: Response): Promise<unknown> => [
    answer.status,
    ((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code,
  ]
  const refused = [405, 'REGISTRY_DISALLOWED_OPERATION']
  const push = async (name: string, tag: string, content: string): Promise<Response> =>
    client.putManifest(name, tag, await client.imageManifest(name, content))

  it('against writing keeps a tag where it is, and from being deleted', async () => {
    await client.pushImage('locked/tag', '1')
    const digest = await client.pushImage('locked/tag', '2')
    const locked = await patch('/acr/v1/locked/tag/_tags/1', { writeEnabled: false })

    expect(await locked.json()).toMatchObject({
      tag: { name: '1', changeableAttributes: { ...ALL, writeEnabled: false } },
    })
    expect(await disallowed(await push('locked/tag', '1', 'other'))).toEqual(refused)
    expect(await disallowed(await client.send('DELETE', '/v2/locked/tag/manifests/1'))).toEqual(refused)
    expect(await disallowed(await client.send('DELETE', `/v2/locked/tag/manifests/${digest}`))).toEqual(refused)
    expect(await disallowed(await client.send('DELETE', '/acr/v1/locked/tag'))).toEqual(refused)
    expect((await push('locked/tag', '2', 'other')).status).toBe(201)

    await patch('/acr/v1/locked/tag/_tags/1', { writeEnabled: true })
    expect((await push('locked/tag', '1', 'other')).status).toBe(201)
  })

  it('against deleting lets a tag be moved', async () => {
    await client.pushImage('locked/delete', '1')
    await patch('/acr/v1/locked/delete/_tags/1', { deleteEnabled: false })

    expect(await disallowed(await client.send('DELETE', '/acr/v1/locked/delete/_tags/1'))).toEqual(refused)
    expect((await push('locked/delete', '1', 'other')).status).toBe(201)
    // The lock is the tag's, not the manifest's.
    expect(await disallowed(await client.send('DELETE', '/acr/v1/locked/delete/_tags/1'))).toEqual(refused)
  })

  it('of a repository against deleting is about the whole of it', async () => {
    await client.pushImage('locked/whole', '1')
    await patch('/acr/v1/locked/whole', { deleteEnabled: false })

    expect(await disallowed(await client.send('DELETE', '/acr/v1/locked/whole'))).toEqual(refused)
    expect((await client.send('DELETE', '/v2/locked/whole/manifests/1')).status).toBe(202)
  })

  it('of a repository against writing is about everything in it', async () => {
    await client.pushImage('locked/all', '1')
    await patch('/acr/v1/locked/all', { writeEnabled: false })

    expect(await disallowed(await client.send('DELETE', '/v2/locked/all/manifests/1'))).toEqual(refused)
    expect(await disallowed(await push('locked/all', '2', 'layer of locked/all'))).toEqual(refused)
  })

  it('against reading and listing hides', async () => {
    const digest = await client.pushImage('hidden', '1')
    await client.pushImage('hidden', '2', 'other')
    await patch('/acr/v1/hidden/_tags/1', { readEnabled: false, listEnabled: false })

    expect(await client.json('/v2/hidden/tags/list')).toEqual({ name: 'hidden', tags: ['2'] })
    expect(await disallowed(await client.send('GET', '/v2/hidden/manifests/1'))).toEqual(refused)
    expect((await client.send('GET', '/v2/hidden/manifests/2')).status).toBe(200)
    expect((await client.send('GET', `/v2/hidden/manifests/${digest}`)).status).toBe(200)
    await patch('/acr/v1/hidden', { readEnabled: false, listEnabled: false })
    expect(await disallowed(await client.send('GET', '/v2/hidden/manifests/2'))).toEqual(refused)
    expect((await client.json<{ repositories: string[] }>('/v2/_catalog')).repositories).not.toContain('hidden')
  })

  it('against reading lets nobody take blobs over to another repository', async () => {
    await client.pushImage('closed', '1', 'a secret layer')
    const mount = async (query: string): Promise<number> =>
      (await client.send('POST', `/v2/own/blobs/uploads/?mount=${sha256('a secret layer')}${query}`)).status
    const before = await mount('&from=closed')
    await patch('/acr/v1/closed', { readEnabled: false })
    await client.send('DELETE', `/v2/own/blobs/${sha256('a secret layer')}`)

    expect([before, await mount('&from=closed'), await mount('')]).toEqual([201, 202, 202])
  })

  it('is there after a restart', async () => {
    const before = await startRegistry()
    await before.client.pushImage('kept', '1')
    await before.client.send('PATCH', '/acr/v1/kept/_tags/1', { body: '{"writeEnabled":false}' })
    await before.stop()

    const after = await before.restart()
    const refusal = await after.client.send('DELETE', '/v2/kept/manifests/1')
    await after.stop()
    await after.remove()

    expect(refusal.status).toBe(405)
  })
})

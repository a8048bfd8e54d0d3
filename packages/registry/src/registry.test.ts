import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NULL_GUID } from './auth/callers.ts'
import { chartArchive } from './testing/chart-archive.ts'
import { basic, sha256, startRegistry, type TestClient, type TestRegistry } from './testing/index.ts'

let registry: TestRegistry
const started: TestRegistry[] = []
beforeAll(async () => {
  registry = await startRegistry()
  started.push(registry)
})
afterAll(async () => {
  for (const one of started) await one.stop().catch(() => {})
  await registry.remove()
})

const send: TestClient['send'] = (...args) => registry.client.send(...args)
const pushBlob: TestClient['pushBlob'] = (...args) => registry.client.pushBlob(...args)
const pushImage: TestClient['pushImage'] = (...args) => registry.client.pushImage(...args)
const token: TestClient['token'] = (...args) => registry.client.token(...args)

describe('tokens', () => {
  it('logs in with a refresh token as the password of the null GUID, as az and docker do', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const exchanged = await send('POST', '/oauth2/exchange', {
      auth: '',
      headers,
      body: 'grant_type=access_token&service=registry.test&access_token=token-developer',
    })
    const { refresh_token: refresh } = (await exchanged.json()) as { refresh_token: string }

    const byPassword = await send('GET', '/v2/', { auth: basic(NULL_GUID, refresh) })
    const byForm = await send('POST', '/oauth2/token', {
      auth: '',
      headers,
      body: `grant_type=refresh_token&service=registry.test&scope=artifact-repository:repo:pull&refresh_token=${refresh}`,
    })
    const { access_token: access } = (await byForm.json()) as { access_token: string }

    expect(byPassword.status).toBe(200)
    expect((await send('GET', '/helm/v1/repo/index.yaml', { auth: `Bearer ${access}` })).status).toBe(200)
    expect((await send('GET', '/v2/', { auth: `Bearer ${refresh}` })).status).toBe(401)
  })

  it('forgets tokens when they are over', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z')
    const clocked = await startRegistry({ clock: () => now })
    const headers = { authorization: basic('reader') }
    const answer = await fetch(`${clocked.url}/oauth2/token?scope=registry:catalog:*`, { headers })
    const bearer = { authorization: `Bearer ${((await answer.json()) as { token: string }).token}` }

    const before = await fetch(`${clocked.url}/v2/_catalog`, { headers: bearer })
    now += 3_601_000
    const after = await fetch(`${clocked.url}/v2/_catalog`, { headers: bearer })
    await clocked.stop()
    await clocked.remove()

    expect([before.status, after.status]).toEqual([200, 401])
  })
})

describe('content', () => {
  it('refuses what is not what its digest says, and shows nothing of it', async () => {
    const digest = sha256('expected')

    const refused = await send('POST', `/v2/bad/blobs/uploads/?digest=${digest}`, { body: 'other' })

    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] })
    expect((await send('HEAD', `/v2/bad/blobs/${digest}`)).status).toBe(404)
  })

  it('keeps an upload to the repository that it was started in', async () => {
    const upload = await send('POST', '/v2/mine/blobs/uploads/')
    const stolen = upload.headers.get('location')?.replace('/mine/', '/yours/') ?? ''

    expect((await send('PATCH', stolen, { body: 'x' })).status).toBe(404)
  })

  it('has a blob only in the repositories that it was pushed or mounted to', async () => {
    const digest = await pushBlob('first', 'only here')

    const elsewhere = await send('GET', `/v2/second/blobs/${digest}`)
    const narrow = await token('developer', 'repository:second:pull,push')
    const withoutSource = await send('POST', `/v2/second/blobs/uploads/?mount=${digest}&from=first`, { auth: narrow })
    const mounted = await send('POST', `/v2/second/blobs/uploads/?mount=${digest}&from=first`)

    expect([elsewhere.status, withoutSource.status, mounted.status]).toEqual([404, 401, 201])
    expect(withoutSource.headers.get('www-authenticate')).toContain('repository:first:pull')
    expect(await (await send('GET', `/v2/second/blobs/${digest}`)).text()).toBe('only here')
  })

  it('refuses a manifest whose blobs are not there', async () => {
    const missing = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('missing'), size: 7 }

    const refused = await send('PUT', '/v2/holes/manifests/1', {
      body: JSON.stringify({ schemaVersion: 2, config: missing, layers: [] }),
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    })

    expect(await refused.json()).toMatchObject({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] })
  })

  it('pages through tags and repositories', async () => {
    for (const tag of ['c', 'a', 'b']) await pushImage('paged', tag)

    const first = await send('GET', '/v2/paged/tags/list?n=2')
    const link = /<(.+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
    const second = await send('GET', link)

    expect(await first.json()).toEqual({ name: 'paged', tags: ['a', 'b'] })
    expect(await second.json()).toEqual({ name: 'paged', tags: ['c'] })
    expect(second.headers.get('link')).toBeNull()
    expect(await (await send('GET', '/v2/_catalog')).json()).toMatchObject({
      repositories: expect.arrayContaining(['paged']),
    })
  })

  it('tells of a push when it can be pulled', async () => {
    const digest = await pushImage('told', '158')

    expect(registry.events.at(-1)).toMatchObject({
      action: 'push',
      repository: 'told',
      tag: '158',
      digest,
      origin: { actor: 'admin', request: { method: 'PUT', host: registry.host } },
    })
  })

  it.each([
    '/v2/A/manifests/1',
    '/v2/a..b/manifests/1',
    '/v2/%2e%2e%2fetc/manifests/1',
    '/v2/a/blobs/sha256:..%2f..%2fx',
    '/v2/a/%ff/x',
  ])('takes no path trick: %s', async (path) => {
    const { status } = await send('GET', path)

    expect([400, 404]).toContain(status)
  })
})

describe('charts', () => {
  const put = (file: string, body: Buffer, method = 'PUT') => send(method, `/helm/v1/repo/_blobs/${file}`, { body })

  it('are the same thing by /helm/v1 and as OCI artifacts', async () => {
    const archive = await chartArchive('appawebapi', '158.0.0')

    const saved = await put('appawebapi-158.0.0.tgz', archive)

    expect([saved.status, await saved.json()]).toEqual([201, { saved: true }])
    const manifest = (await (await send('GET', '/v2/helm/appawebapi/manifests/158.0.0')).json()) as {
      layers: { digest: string }[]
    }
    expect(manifest).toMatchObject({ config: { mediaType: 'application/vnd.cncf.helm.config.v1+json' } })
    expect(manifest.layers[0]?.digest).toBe(sha256(archive))
    expect(registry.events.at(-1)).toMatchObject({
      action: 'push',
      repository: 'helm/appawebapi',
      tag: '158.0.0',
      chart: { name: 'appawebapi', version: '158.0.0', size: archive.length },
    })
    const index = await (await send('GET', '/helm/v1/repo/index.yaml')).text()
    expect(index).toContain(`    urls:\n    - _blobs/appawebapi-158.0.0.tgz\n    version: 158.0.0\n`)
    const file = await send('GET', '/helm/v1/repo/_blobs/appawebapi-158.0.0.tgz')
    expect(Buffer.from(await file.arrayBuffer()).equals(archive)).toBe(true)
  })

  it('take the same chart again, other content only by force', async () => {
    const first = await chartArchive('again', '1.0.0', { 'values.yaml': 'a: 1\n' })
    const repackaged = await chartArchive('again', '1.0.0', { 'values.yaml': 'a: 1\n' }, new Date('2020-01-01'))
    const other = await chartArchive('again', '1.0.0', { 'values.yaml': 'a: 2\n' })
    expect(first.equals(repackaged)).toBe(false)

    const statuses = [
      (await put('again-1.0.0.tgz', first)).status,
      (await put('again-1.0.0.tgz', first)).status,
      (await put('again-1.0.0.tgz', repackaged)).status,
      (await put('again-1.0.0.tgz', other)).status,
      (await put('again-1.0.0.tgz', other, 'PATCH')).status,
    ]

    expect(statuses).toEqual([201, 201, 201, 409, 201])
  })

  it('let one of two concurrent pushes of different content win', async () => {
    const archives = await Promise.all(
      ['a: 1\n', 'a: 2\n'].map((values) => chartArchive('race', '1.0.0', { 'values.yaml': values })),
    )

    const answers = await Promise.all(archives.map((archive) => put('race-1.0.0.tgz', archive)))

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  it('keep a stable ETag until something changes, and list versions from new to old', async () => {
    for (const version of ['1.9.0', '1.10.0', '1.10.0-rc.1']) {
      await put(`ordered-${version}.tgz`, await chartArchive('ordered', version))
    }
    const first = await send('GET', '/helm/v1/repo/index.yaml')
    const etag = first.headers.get('etag') ?? ''

    const unchanged = await send('GET', '/helm/v1/repo/index.yaml', { headers: { 'if-none-match': etag } })
    await put('ordered-1.11.0.tgz', await chartArchive('ordered', '1.11.0'))
    const changed = await send('GET', '/helm/v1/repo/index.yaml', { headers: { 'if-none-match': etag } })
    const listed = (await (await send('GET', '/helm/v1/repo/_charts/ordered')).json()) as { version: string }[]

    expect([unchanged.status, changed.status]).toEqual([304, 200])
    expect(listed.map(({ version }) => version)).toEqual(['1.11.0', '1.10.0', '1.10.0-rc.1', '1.9.0'])
  })

  it('are deleted by version and whole, provenance with them', async () => {
    for (const version of ['1.0.0', '2.0.0+x']) await put(`gone-${version}.tgz`, await chartArchive('gone', version))
    await put('gone-1.0.0.tgz.prov', Buffer.from('signed'))
    const provenance = await (await send('GET', '/helm/v1/repo/_blobs/gone-1.0.0.tgz.prov')).text()

    const provenanceOnly = [
      (await send('DELETE', '/helm/v1/repo/_blobs/gone-1.0.0.tgz.prov')).status,
      (await send('GET', '/helm/v1/repo/_blobs/gone-1.0.0.tgz.prov')).status,
      (await send('GET', '/helm/v1/repo/_blobs/gone-1.0.0.tgz')).status,
    ]
    const one = await send('DELETE', '/helm/v1/repo/_blobs/gone-1.0.0.tgz')
    const left = await send('GET', '/helm/v1/repo/_charts/gone')
    const all = await send('DELETE', '/helm/v1/repo/_charts/gone')

    expect(provenance).toBe('signed')
    expect(provenanceOnly).toEqual([200, 404, 200])
    expect(await left.json()).toMatchObject([{ version: '2.0.0+x' }])
    expect([one.status, all.status, (await send('GET', '/helm/v1/repo/_charts/gone')).status]).toEqual([200, 200, 404])
    expect((await send('GET', '/v2/helm/gone/manifests/2.0.0_x')).status).toBe(404)
  })

  it.each([
    ['no archive', 'x-1.0.0.tgz', async () => Buffer.from('not a tar')],
    ['another name', 'other-1.0.0.tgz', () => chartArchive('x', '1.0.0')],
    ['a version that is none', 'x-latest.tgz', () => chartArchive('x', 'latest')],
    ['broken YAML', 'x-1.0.0.tgz', () => chartArchive('x', '1.0.0', { 'Chart.yaml': 'name: [' })],
  ])('are refused with %s', async (_what, file, archive) => {
    const refused = await put(file, await archive())

    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('helm package')
  })

  it('reads a Chart.yaml that begins with a byte order mark', async () => {
    const archive = await chartArchive('marked', '1.0.0', {
      'Chart.yaml': '\uFEFFapiVersion: v2\nname: marked\nversion: 1.0.0\n',
    })

    expect((await put('marked-1.0.0.tgz', archive)).status).toBe(201)
  })
})

describe('after a restart', () => {
  it('everything acknowledged is there, what a crash cut short is not, and uploads go on', async () => {
    const before = await startRegistry()
    started.push(before)
    const headers = { authorization: basic('admin') }
    const upload = await fetch(`${before.url}/v2/a/blobs/uploads/`, { method: 'POST', headers })
    const location = upload.headers.get('location') ?? ''
    await fetch(before.url + location, { method: 'PATCH', headers, body: 'first ' })
    const digest = sha256('whole')
    await fetch(`${before.url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', headers, body: 'whole' })
    await before.stop()
    const log = join(before.dir, 'metadata.jsonl')
    await appendFile(log, '[{"op":"link-blob","repository":"a","digest":"sha256:')

    const after = await before.restart()
    started.push(after)
    const blob = await fetch(`${after.url}/v2/a/blobs/${digest}`, { headers })
    await fetch(after.url + location, { method: 'PATCH', headers, body: 'second' })
    const finished = await fetch(`${after.url}${location}?digest=${sha256('first second')}`, { method: 'PUT', headers })

    expect(await blob.text()).toBe('whole')
    expect(finished.status).toBe(201)
    const lines = (await readFile(log, 'utf8')).trim().split('\n')
    expect(lines.every((line) => JSON.parse(line))).toBe(true)
    await after.remove()
  })

  it.each([
    '{}',
    '[null]',
    '[{"op":"promote","repository":"a"}]',
    '[{"op":"tag","repository":"a","digest":"sha256:1"}]',
    '[{"op":"put-manifest","repository":"a"}]',
    '[{"op":"set-attributes","repository":"a"}]',
  ])('does not start with the line %s in its metadata', async (line) => {
    const before = await startRegistry()
    await before.stop()
    await appendFile(join(before.dir, 'metadata.jsonl'), `${line}\n`)

    await expect(before.restart()).rejects.toMatchObject({ code: 'REGISTRY_LOG_DAMAGED', at: { line: 2 } })
    await before.remove()
  })

  it.each([
    ['gone', (file: string) => rm(file)],
    ['empty', (file: string) => truncate(file)],
  ])('metadata that is %s beside blobs is not taken for none, which would free all of them', async (_, lose) => {
    const before = await startRegistry()
    started.push(before)
    await before.client.pushBlob('a', 'whole')
    await before.stop()

    await lose(join(before.dir, 'metadata.jsonl'))

    await expect(before.restart()).rejects.toMatchObject({ code: 'REGISTRY_METADATA_LOST' })
    await before.remove()
  })

  it('nothing is missed where nothing has been pushed, or a crash came before it was known', async () => {
    const before = await startRegistry()
    started.push(before)
    await before.stop()
    const file = join(before.dir, 'blobs/sha256/ab')
    await mkdir(file, { recursive: true })
    await writeFile(join(file, 'c'.repeat(62)), 'not acknowledged')

    const after = await before.restart()
    started.push(after)

    expect(await after.client.json('/v2/_catalog')).toEqual({ repositories: [] })
    await after.remove()
  })
})

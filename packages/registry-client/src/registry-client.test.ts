import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { parseChallenge } from './challenge.ts'
import { HelmRepositoryClient, RegistryClient } from './index.ts'
import { waitOf } from './retry-after.ts'
import { hash } from './verified.ts'

const HOST = 'registry.example'
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const access = (url: string) => ({
  resolveHost: (host: string) => (host === HOST ? url : undefined),
  credentials: (host: string) => (host === HOST ? { username: 'u', password: 'p' } : undefined),
})
const basic = `Basic ${Buffer.from('u:p').toString('base64')}`

describe('challenges', () => {
  it.each([
    [
      'Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's', scope: 'repository:x:pull,push' },
    ],
    ['Basic realm="x", Bearer realm="https://a/t"', { scheme: 'bearer', realm: 'https://a/t' }],
    ['bearer REALM=http://a/t', { scheme: 'bearer', realm: 'http://a/t' }],
    ['Basic realm="bearer realm"', { scheme: 'basic' }],
    ['Negotiate', undefined],
  ])('reads %s', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected)
  })
})

describe('registry client', () => {
  it.each([
    ['never begins', 'REGISTRY_UNREACHABLE', () => {}],
    [
      'ends before its time',
      'REGISTRY_BROKEN_OFF',
      (_, response) => void response.writeHead(200, { 'content-length': 9 }).end('{'),
    ],
    [
      'does not go on',
      'REGISTRY_BROKEN_OFF',
      (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('{'),
    ],
  ] as [
    string,
    string,
    RequestListener,
  ][])('says that the registry is not reached where its answer %s', async (_, code, listener) => {
    const client = new RegistryClient({ ...access(await serve(listener)), patience: 100 })

    await expect(client.getManifest(`${HOST}/a:1`)).rejects.toMatchObject({ code })
  })

  it('says that an answer is none where it is not JSON', async () => {
    const client = new RegistryClient(access(await serve((_, response) => response.end('<html>'))))

    await expect(client.listTags(`${HOST}/a`)).rejects.toMatchObject({ code: 'REGISTRY_ANSWER_INVALID' })
  })

  const page: RequestListener = (_, response) => response.end('<html>')
  const challenged =
    (realm: string, token: RequestListener): RequestListener =>
    (request, response) => {
      if (request.url?.startsWith('/token')) return token(request, response)
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    }
  const cut =
    (status: number): RequestListener =>
    (_, response) => {
      response.writeHead(status, { 'content-length': 9 })
      response.write('{', () => response.socket?.destroySoon())
    }

  it.each([
    ['a page in the place of a manifest', 'REGISTRY_ANSWER_INVALID', page],
    ['a page in the place of a token', 'REGISTRY_ANSWER_INVALID', challenged('/token', page)],
    ['half of a token', 'REGISTRY_BROKEN_OFF', challenged('/token', cut(200))],
    ['nothing in the place of a token', 'REGISTRY_ANSWER_INVALID', challenged('/token', (_, to) => to.end('null'))],
    ['a token service without an address', 'REGISTRY_ANSWER_INVALID', challenged('http://[', page)],
    ['half of a refusal', 'REGISTRY_UNAVAILABLE', cut(503)],
    ['redirects without end', 'REGISTRY_ANSWER_INVALID', (_, to) => to.writeHead(307, { location: '/a' }).end()],
    ['a redirect to nowhere', 'REGISTRY_ANSWER_INVALID', (_, to) => to.writeHead(307, { location: 'http://[' }).end()],
  ] as [string, string, RequestListener][])('says that it is to be tried again for %s', async (_, code, listener) => {
    const client = new RegistryClient(access(await serve(listener)))

    await expect(client.getManifest(`${HOST}/a:1`)).rejects.toMatchObject({ class: 'transient', code })
  })

  it('asks a registry again that is too busy or fails, as long as it was told to', async () => {
    const statuses = [503, 429, 500, 200]
    const listener: RequestListener = (_, response) =>
      response.writeHead(statuses.shift() ?? 503, { 'retry-after': '3600' }).end('{"tags":["1"]}')
    const url = await serve(listener)
    const patient = new RegistryClient({ ...access(url), waits: [1, 1, 1] })

    expect(await patient.listTags(`${HOST}/a`)).toEqual(['1'])
    await expect(patient.listTags(`${HOST}/a`)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await expect(new RegistryClient(access(url)).listTags(`${HOST}/a`)).rejects.toThrow()
  })

  it('says of a blob that breaks off which it was', async () => {
    const client = new RegistryClient(access(await serve(cut(200))))
    const digest = `sha256:${'0'.repeat(64)}`

    const blob = await client.getBlob(`${HOST}/a`, digest)

    await expect(text(blob)).rejects.toMatchObject({
      code: 'REGISTRY_BROKEN_OFF',
      message: expect.stringContaining(`${HOST}/a@${digest}: `),
    })
  })

  it.each([
    [
      'a manifest',
      (client: RegistryClient) => client.putManifest(`${HOST}/a:1`, Buffer.from('{}'), 'application/json'),
    ],
    ['the upload of a blob', (client: RegistryClient) => client.pushBlob(`${HOST}/a`, Buffer.from('{}'))],
  ])('does not take a page for the word that %s was stored', async (_, push) => {
    const client = new RegistryClient(
      access(
        await serve((request, response) => response.writeHead(request.method === 'HEAD' ? 404 : 200).end('<html>')),
      ),
    )

    await expect(push(client)).rejects.toMatchObject({ code: 'REGISTRY_ANSWER_INVALID' })
  })

  it('answers a bearer challenge once and keeps the token', async () => {
    const seen: string[] = []
    const url = await serve((request, response) => {
      seen.push(`${request.url?.split('?')[0]} ${request.headers.authorization?.split(' ')[0]}`)
      if (request.url?.startsWith('/token')) {
        const granted = request.headers.authorization === basic
        return response.writeHead(granted ? 200 : 401).end(JSON.stringify({ token: 't', expires_in: 300 }))
      }
      if (request.headers.authorization === 'Bearer t') return response.end(JSON.stringify({ tags: ['1', '2'] }))
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token",service="s",scope="repository:a:pull"` })
        .end()
    })
    const client = new RegistryClient(access(url))

    expect(await client.listTags(`${HOST}/a`)).toEqual(['1', '2'])
    await client.listTags(`${HOST}/a`)

    expect(seen).toEqual([
      '/v2/a/tags/list undefined',
      '/token Basic',
      '/v2/a/tags/list Bearer',
      '/v2/a/tags/list Bearer',
    ])
  })

  it.each([
    [401, { code: 'REGISTRY_UNAUTHORIZED', class: 'user' }],
    [403, { code: 'REGISTRY_DENIED', class: 'user' }],
    [404, { code: 'REGISTRY_NOT_FOUND', class: 'user' }],
    [400, { code: 'REGISTRY_REFUSED', class: 'user' }],
    [429, { code: 'REGISTRY_TOO_MANY_REQUESTS', class: 'transient', retryAfter: 7000 }],
    [503, { code: 'REGISTRY_UNAVAILABLE', class: 'transient' }],
  ])('turns status %i into an error', async (status, error) => {
    const url = await serve((_request, response) => {
      response.writeHead(status, { 'retry-after': '7' }).end('{"errors":[{"code":"X","message":"words"}]}')
    })

    const failure = new RegistryClient(access(url)).getManifest(`${HOST}/a:1`)

    await expect(failure).rejects.toMatchObject({ ...error, message: expect.stringContaining('X: words') })
  })

  it.each([
    ['7', 7_000],
    ['Thu, 01 Jan 1970 00:01:05 GMT', 5_000],
    ['99999999', 3_600_000],
    ['Fri, 31 Dec 1999 23:59:59 GMT', 3_600_000],
    ['Thu, 01 Jan 1970 00:00:59 GMT', undefined],
    ['0', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads "Retry-After: %s"', (header, wait) => {
    expect(waitOf(header, 60_000)).toBe(wait)
  })

  it('calls a registry that cannot be reached a transient fault', async () => {
    const client = new RegistryClient({ resolveHost: () => 'http://127.0.0.1:1' })

    await expect(client.getManifest(`${HOST}/a:1`)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      class: 'transient',
    })
  })

  it('refuses content that is not what its digest says', async () => {
    const url = await serve((_request, response) => response.end('tampered'))
    const digest = `sha256:${hash('sha256', Buffer.from('genuine'))}`
    const client = new RegistryClient(access(url))

    const blob = await client.getBlob(`${HOST}/a`, digest)

    await expect(text(blob)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' })
    await expect(client.getManifest(`${HOST}/a@${digest}`)).rejects.toMatchObject({ code: 'REGISTRY_DIGEST_MISMATCH' })
  })

  it('shows its credentials to no other host when it is redirected', async () => {
    let shown: string | undefined = 'none'
    const other = await serve((request, response) => {
      shown = request.headers.authorization
      response.end('chart')
    })
    const url = await serve((request, response) => {
      const known = request.headers.authorization === basic
      response.writeHead(known ? 307 : 401, { location: `${other}/blob` }).end()
    })

    const chart = await new HelmRepositoryClient(access(url)).download(`https://${HOST}/helm/v1/repo`, '_blobs/a-1.tgz')

    expect(chart.toString()).toBe('chart')
    expect(shown).toBeUndefined()
  })

  it('fetches an index again only when it changed', async () => {
    let etag = '"1"'
    const paths: string[] = []
    const url = await serve((request, response) => {
      paths.push(request.url ?? '')
      if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
      response.writeHead(200, { etag }).end(`index ${etag}`)
    })
    const client = new HelmRepositoryClient(access(url))

    const first = await client.index(`https://${HOST}/helm/v1/repo`)
    const same = await client.index(`https://${HOST}/helm/v1/repo/`)
    etag = '"2"'
    const next = await client.index(`https://${HOST}/helm/v1/repo/`)

    expect(same).toBe(first)
    expect(next.text).toBe('index "2"')
    expect(new Set(paths)).toEqual(new Set(['/helm/v1/repo/index.yaml']))
  })
})

import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashPassword } from '../auth/callers.ts'
import { matcher } from '../policy/matcher.ts'
import { NO_SETTINGS, type RegistrySettings, type Upstream } from '../policy/settings.ts'
import { basic, chartArchive, sha256, startRegistry, type TestClient, type TestRegistry } from '../testing/index.ts'

let upstream: TestRegistry
let registry: TestRegistry
let client: TestClient
let settings: RegistrySettings
let now: number
const stops: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  now = Date.now()
  upstream = await startRegistry()
  settings = { ...NO_SETTINGS, upstreams: [upstreamOf(upstream.url)] }
  registry = await startRegistry({ settings: () => settings, clock: () => now, upstreamPatience: 300 })
  client = registry.client
})
afterEach(async () => {
  await registry.stop()
  await registry.remove()
  await upstream.stop().catch(() => {})
  await upstream.remove()
  for (const stop of stops.splice(0)) await stop()
})

function upstreamOf(url: string, more: Partial<Upstream> = {}): Upstream {
  const credentials = { username: 'reader', password: 'secret' }
  return { name: 'hub', host: new URL(url).host, url, credentials, freshness: 60_000, ...more }
}

/** A registry of our own making in the place of the upstream. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(resolve)
      }),
  )
  settings = { ...settings, upstreams: [upstreamOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)] }
}

const errorOf = async (answer: Response): Promise<[number, string, string]> => {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] }
  return [answer.status, errors[0]?.code ?? '', errors[0]?.message ?? '']
}
const statusOf = (answer: Response): string | null => answer.headers.get('cache-status')
const blobsFetched = async (): Promise<number> => {
  const text = await (await upstream.client.send('GET', '/metrics')).text()
  return Number(/registry_http_requests_total\{handler="blobs",method="GET",code="200"\} (\d+)/.exec(text)?.[1] ?? 0)
}

describe('a repository of another registry', () => {
  it('is fetched when it is asked for, byte for byte, and served from here from then on', async () => {
    const digest = await upstream.client.pushImage('library/node', '20', 'layer')
    const original = await (await upstream.client.send('GET', '/v2/library/node/manifests/20')).text()

    const first = await client.send('GET', '/v2/hub/library/node/manifests/20')
    const layer = await client.send('GET', `/v2/hub/library/node/blobs/${sha256('layer')}`)
    const layerText = await layer.text()
    await upstream.stop()
    const again = await client.send('GET', `/v2/hub/library/node/manifests/${digest}`)
    const layerAgain = await client.send('GET', `/v2/hub/library/node/blobs/${sha256('layer')}`)

    expect([await first.text(), await again.text()]).toEqual([original, original])
    expect(first.headers.get('docker-content-digest')).toBe(digest)
    expect([layerText, await layerAgain.text()]).toEqual(['layer', 'layer'])
    expect([statusOf(first), statusOf(layer)]).toEqual(Array(2).fill('slipway; fwd=uri-miss; stored'))
    expect([statusOf(again), statusOf(layerAgain)]).toEqual(Array(2).fill('slipway; hit'))
    expect(registry.errors).toEqual([])
    expect(registry.events).toEqual([])
  })

  it('is fetched anew where its manifest was lost here', async () => {
    const digest = await upstream.client.pushImage('web', '1')
    await client.send('GET', '/v2/hub/web/manifests/1')
    await registry.stop()
    const hex = digest.slice('sha256:'.length)
    await rm(join(registry.dir, 'blobs/sha256', hex.slice(0, 2), hex.slice(2)))
    registry = await registry.restart()

    const byDigest = await registry.client.send('GET', `/v2/hub/web/manifests/${digest}`)
    const byTag = await registry.client.send('GET', '/v2/hub/web/manifests/1')

    expect([byDigest.status, sha256(await byDigest.text()), byTag.status]).toEqual([200, digest, 200])
  })

  it('is served from what is here while the other side is silent, and says what is not', async () => {
    await upstream.client.pushImage('web', '1')
    await client.send('GET', '/v2/hub/web/manifests/1')
    await upstream.stop()
    now += 120_000

    const kept = await client.send('GET', '/v2/hub/web/manifests/1')
    const missing = await client.send('GET', '/v2/hub/web/manifests/2')
    const blob = await client.send('GET', `/v2/hub/web/blobs/${sha256('none')}`)
    const tags = await client.send('GET', '/v2/hub/web/tags/list')

    expect([kept.status, statusOf(kept)]).toEqual([200, 'slipway; hit; detail=offline'])
    expect(await errorOf(missing)).toEqual([
      503,
      'UNAVAILABLE',
      expect.stringMatching(/^hub\/web:2 is not in the cache, and 127\.0\.0\.1:\d+ can't be asked: .*ECONNREFUSED/),
    ])
    expect(missing.headers.get('retry-after')).toBe('10')
    expect((await errorOf(blob))[1]).toBe('UNAVAILABLE')
    expect(await tags.json()).toEqual({ name: 'hub/web', tags: ['1'] })
  })

  it('follows a tag that moves, after its freshness', async () => {
    const before = await upstream.client.pushImage('web', 'latest', 'one')
    const digestOf = async (): Promise<[string | null, string | null]> => {
      const answer = await client.send('HEAD', '/v2/hub/web/manifests/latest')
      return [answer.headers.get('docker-content-digest'), statusOf(answer)]
    }

    const first = await digestOf()
    const after = await upstream.client.pushImage('web', 'latest', 'two')
    const fresh = await digestOf()
    now += 61_000
    const stale = await digestOf()
    now += 61_000
    const same = await digestOf()
    await upstream.client.send('DELETE', `/v2/web/manifests/${after}`)
    now += 61_000
    const gone = await client.send('GET', '/v2/hub/web/manifests/latest')

    expect([first, fresh]).toEqual([
      [before, expect.stringContaining('miss')],
      [before, 'slipway; hit'],
    ])
    expect([stale[0], same]).toEqual([after, [after, 'slipway; hit; detail=revalidated']])
    expect((await errorOf(gone)).slice(0, 2)).toEqual([404, 'MANIFEST_UNKNOWN'])
  })

  it('is fetched once for all who ask at the same time', async () => {
    const content = Buffer.alloc(9 * 1024 * 1024, 'slipway')
    await upstream.client.pushImage('web', '1', 'x')
    const digest = await upstream.client.pushBlob('web', content)

    const pulls = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const manifest = await client.send('GET', '/v2/hub/web/manifests/1')
        const blob = await client.send('GET', `/v2/hub/web/blobs/${digest}`)
        return [manifest.status, sha256(Buffer.from(await blob.arrayBuffer()))]
      }),
    )

    expect(pulls).toEqual(Array(20).fill([200, digest]))
    expect(await blobsFetched()).toBe(1)
    expect(upstream.audit.filter(({ action, outcome }) => action === 'pull' && outcome === 'done')).toHaveLength(1)
  })

  it('knows the size of a blob without fetching it', async () => {
    const digest = await upstream.client.pushBlob('web', 'seven b')

    const head = await client.send('HEAD', `/v2/hub/web/blobs/${digest}`)
    const none = await client.send('HEAD', `/v2/hub/web/blobs/${sha256('none')}`)

    expect([head.status, head.headers.get('content-length'), none.status]).toEqual([200, '7', 404])
    expect(await blobsFetched()).toBe(0)
  })

  it('serves ranges of what it has to fetch first', async () => {
    const digest = await upstream.client.pushBlob('web', '0123456789')

    const part = await client.send('GET', `/v2/hub/web/blobs/${digest}`, { headers: { range: 'bytes=2-4' } })

    expect([part.status, await part.text()]).toEqual([206, '234'])
  })

  it('lists the tags and referrers of the other side', async () => {
    const subject = await upstream.client.pushImage('web', '1')
    const about = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: subject, size: 1 }
    const signature = await upstream.client.imageManifest(
      'web',
      'signature',
      {},
      { subject: about, artifactType: 'a/signature' },
    )
    await upstream.client.putManifest('web', sha256(signature), signature)

    expect(await client.json('/v2/hub/web/tags/list')).toEqual({ name: 'hub/web', tags: ['1'] })
    expect(await client.json(`/v2/hub/web/referrers/${subject}`)).toMatchObject({
      manifests: [{ digest: sha256(signature) }],
    })
    expect(await client.json(`/v2/hub/web/referrers/${subject}?artifactType=other`)).toMatchObject({ manifests: [] })
  })

  it('is found by the name of the other registry, as containerd asks its mirrors', async () => {
    await upstream.client.pushImage('library/node', '20')
    const host = new URL(upstream.url).host

    const mirrored = await client.send('GET', `/v2/library/node/manifests/20?ns=${host}`)
    const challenge = await client.send('GET', `/v2/library/node/manifests/20?ns=${host}`, { auth: '' })
    const ours = await client.send('GET', '/v2/library/node/manifests/20?ns=elsewhere.example')

    expect([mirrored.status, ours.status]).toEqual([200, 404])
    expect(challenge.headers.get('www-authenticate')).toContain('scope="repository:hub/library/node:pull"')
  })

  it('takes no pushes, and lets go of what is deleted', async () => {
    await upstream.client.pushImage('web', '1')
    await client.send('GET', '/v2/hub/web/manifests/1')
    const push = await client.send('POST', '/v2/hub/web/blobs/uploads/')
    const chart = await client.send('PUT', '/helm/v1/hub/_blobs/a-1.0.0.tgz', {
      body: await chartArchive('a', '1.0.0'),
    })

    const deleted = await client.send('DELETE', '/v2/hub/web/manifests/1')
    const again = await client.send('GET', '/v2/hub/web/manifests/1')

    expect((await errorOf(push)).slice(0, 2)).toEqual([405, 'UNSUPPORTED'])
    expect((await errorOf(chart)).slice(0, 2)).toEqual([405, 'UNSUPPORTED'])
    expect([deleted.status, again.status, statusOf(again)]).toEqual([202, 200, expect.stringContaining('miss')])
  })

  it('is open only to who may pull it here', async () => {
    await upstream.client.pushImage('web', '1')
    const permissions = [{ covers: matcher(['hub/web']), actions: ['pull'] }]
    const passwords = [{ hash: hashPassword('pw'), expires: Number.POSITIVE_INFINITY }]
    settings = { ...settings, tokens: [{ name: 'one', permissions, passwords }] }

    const statuses = await Promise.all(
      ['hub/web', 'hub/other'].map(
        async (name) => (await client.send('GET', `/v2/${name}/manifests/1`, { auth: basic('one', 'pw') })).status,
      ),
    )
    const nobody = await client.send('GET', '/v2/hub/web/manifests/1', { auth: '' })

    expect([...statuses, nobody.status]).toEqual([200, 403, 401])
  })

  it('is there after a restart, and is looked at again', async () => {
    await upstream.client.pushImage('web', '1')
    await client.send('GET', '/v2/hub/web/manifests/1')
    await registry.stop()
    registry = await registry.restart()

    const answer = await registry.client.send('GET', '/v2/hub/web/manifests/1')

    expect([answer.status, statusOf(answer)]).toEqual([200, 'slipway; hit; detail=revalidated'])
  })
})

describe('an upstream that', () => {
  it('does not know the credentials is named, not its words taken for ours', async () => {
    await upstream.client.pushImage('web', '1')
    settings = {
      ...settings,
      upstreams: [upstreamOf(upstream.url, { credentials: { username: 'reader', password: 'wr0ng' } })],
    }

    const [status, code, message] = await errorOf(await client.send('GET', '/v2/hub/web/manifests/1'))

    expect([status, code]).toEqual([403, 'DENIED'])
    expect(message).toContain('RegistryCache hub says as whom it asks')
    expect(message).not.toContain('wr0ng')
  })

  it('fails is asked again only after a while', async () => {
    let asked = 0
    let status = 503
    await serve((_request, response) => {
      asked += 1
      response.writeHead(status).end()
    })

    const statuses = []
    for (let pull = 0; pull < 3; pull++) statuses.push((await client.send('GET', '/v2/hub/web/manifests/1')).status)
    now += 11_000
    await client.send('GET', '/v2/hub/web/manifests/1')

    expect([statuses, asked]).toEqual([[503, 503, 503], 2])
    expect(registry.reports).toEqual([
      expect.stringMatching(/^cache hub: 127.* can't be asked: .*; what is here is served/),
    ])
    now += 11_000
    status = 404
    expect((await client.send('GET', '/v2/hub/web/manifests/1')).status).toBe(404)
    expect(registry.reports.slice(1)).toEqual([expect.stringMatching(/^cache hub: 127.* answers again$/)])
  })

  it('is asked too often is let be for as long as it says, and its word passed on', async () => {
    let asked = 0
    let retryAfter = '90'
    await serve((_request, response) => {
      asked += 1
      response.writeHead(429, { 'retry-after': retryAfter }).end()
    })
    const pull = async (): Promise<[number, string, string | null]> => {
      const answer = await client.send('GET', '/v2/hub/web/manifests/1')
      return [...(await errorOf(answer)).slice(0, 2), answer.headers.get('retry-after')] as [number, string, string]
    }

    const first = await pull()
    now += 60_500
    const later = await pull()
    now += 30_000
    retryAfter = new Date(Date.now() + 300_000).toUTCString()
    const [, , byDate] = await pull()

    expect([first, later]).toEqual([
      [429, 'TOOMANYREQUESTS', '90'],
      [429, 'TOOMANYREQUESTS', '30'],
    ])
    expect(asked).toBe(2)
    expect(Number(byDate)).toBeGreaterThan(290)
    expect(Number(byDate)).toBeLessThanOrEqual(300)
  })

  it('does not answer keeps nobody waiting for what is here', async () => {
    const before = await upstream.client.pushImage('web', '1')
    await client.send('GET', '/v2/hub/web/manifests/1')
    await serve(() => {})
    now += 61_000

    const answer = await client.send('GET', '/v2/hub/web/manifests/1')

    expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, before])
    expect(statusOf(answer)).toBe('slipway; hit; detail=offline')
  })

  it('was silent is asked again when the clock has been put back', async () => {
    let status = 503
    await serve((_request, response) => response.writeHead(status).end())
    await client.send('GET', '/v2/hub/web/manifests/1')
    status = 404
    now -= 86_400_000

    expect((await client.send('GET', '/v2/hub/web/manifests/1')).status).toBe(404)
  })

  it('takes for ever over its blobs does not hold those of others up', async () => {
    const digest = await upstream.client.pushBlob('web', 'layer')
    let asked = 0
    await serve((_request, response) => {
      asked += 1
      response.writeHead(200, { 'content-length': 1_000_000 })
      const drip = setInterval(() => response.write('x'), 20)
      response.once('close', () => clearInterval(drip))
    })
    settings = { ...settings, upstreams: [...settings.upstreams, upstreamOf(upstream.url, { name: 'other' })] }
    const leaving = new AbortController()
    const hanging = Array.from({ length: 8 }, (_, blob) =>
      fetch(`${registry.url}/v2/hub/web/blobs/${sha256(String(blob))}`, {
        headers: { authorization: basic('admin') },
        signal: leaving.signal,
      }).catch(() => {}),
    )
    await expect.poll(() => asked).toBe(8)

    const answer = await client.send('GET', `/v2/other/web/blobs/${digest}`)

    expect(await answer.text()).toBe('layer')
    leaving.abort()
    await Promise.all(hanging)
  })

  it('has a blob that does not fit into the quota here is named before a byte is sent', async () => {
    const digest = await upstream.client.pushBlob('web', 'x'.repeat(2_000))
    const hubs = { name: 'small', repositories: ['hub/**'], covers: matcher(['hub/**']), anonymousPull: false }
    settings = { ...settings, policies: [{ ...hubs, quota: 1_000 }] }

    const [status, code, message] = await errorOf(await client.send('GET', `/v2/hub/web/blobs/${digest}`))

    expect([status, code, message]).toEqual([403, 'DENIED', expect.stringContaining('quota of hub/web')])
  })

  it('has a manifest that does not fit into the quota here is not kept either', async () => {
    const digest = await upstream.client.pushImage('web', '1')
    const hubs = { name: 'small', repositories: ['hub/**'], covers: matcher(['hub/**']), anonymousPull: false }
    settings = { ...settings, policies: [{ ...hubs, quota: 100 }] }

    const [status, code] = await errorOf(await client.send('GET', '/v2/hub/web/manifests/1'))

    expect([status, code]).toEqual([403, 'DENIED'])
    settings = { ...settings, policies: [] }
    expect((await client.send('HEAD', `/v2/hub/web/manifests/${digest}`)).headers.get('cache-status')).toContain('miss')
  })

  it('sends other bytes than the digest says leaves nothing here, and no client with the whole', async () => {
    const digest = sha256('genuine')
    await serve((_request, response) => response.writeHead(200, { 'content-length': 7 }).end('tamperd'))

    const small = await client.send('GET', `/v2/hub/web/blobs/${digest}`)

    expect(await errorOf(small)).toEqual([
      503,
      'UNAVAILABLE',
      expect.stringContaining(`expected ${digest} but received`),
    ])
    expect(registry.errors).toMatchObject([{ code: 'REGISTRY_DIGEST_MISMATCH' }])
    expect((await client.json<{ repositories: object[] }>('/v2/_slipway/usage')).repositories).toEqual([])
  })

  it('is replaced by a page to log in at hides nothing of what is here, and not that it should be asked again', async () => {
    const before = await upstream.client.pushImage('web', '1')
    await client.send('GET', '/v2/hub/web/manifests/1')
    await serve((request, response) => response.end(request.method === 'HEAD' ? undefined : '<html>'))
    now += 61_000

    const kept = await client.send('GET', '/v2/hub/web/manifests/1')
    const missing = await client.send('GET', '/v2/hub/web/manifests/2')

    expect([kept.status, kept.headers.get('docker-content-digest')]).toEqual([200, before])
    expect((await errorOf(missing)).slice(0, 2)).toEqual([503, 'UNAVAILABLE'])
    expect(registry.errors).toEqual([])
  })

  it('breaks off before a byte has come is unavailable, not a fault of ours', async () => {
    await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 9 }).flushHeaders()
      response.socket?.destroySoon()
    })

    const answer = await client.send('GET', `/v2/hub/web/blobs/${sha256('none')}`)

    expect((await errorOf(answer)).slice(0, 2)).toEqual([503, 'UNAVAILABLE'])
    expect(registry.errors).toMatchObject([{ code: 'REGISTRY_BROKEN_OFF' }])
  })

  it('breaks off is asked anew', async () => {
    const content = Buffer.alloc(300_000, 'b')
    let isBroken = true
    await serve((_request, response) => {
      response.writeHead(200, { 'content-length': content.length })
      if (isBroken) response.write(content.subarray(0, 250_000), () => response.socket?.destroySoon())
      else response.end(content)
    })

    const broken = await client.send('GET', `/v2/hub/web/blobs/${sha256(content)}`)
    await expect(broken.arrayBuffer()).rejects.toThrow()
    isBroken = false
    const whole = await client.send('GET', `/v2/hub/web/blobs/${sha256(content)}`)

    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true)
  })

  it('does not say how large a blob is is no hindrance', async () => {
    const content = Buffer.alloc(200_000, 'c')
    await serve((_request, response) => void response.writeHead(200).end(content))

    const answer = await client.send('GET', `/v2/hub/web/blobs/${sha256(content)}`)

    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true)
  })

  it('is slow is passed on as it comes, also to who asks in the middle', async () => {
    const content = Buffer.alloc(600_000, 'd')
    let finish = (): void => {}
    await serve((_request, response) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 400_000))
      finish = () => response.end(content.subarray(400_000))
    })
    const path = `/v2/hub/web/blobs/${sha256(content)}`

    const first = await client.send('GET', path)
    const reader = first.body?.getReader()
    let received = 0
    while (received < 400_000) received += (await reader?.read())?.value?.length ?? 0
    const second = client.send('GET', path)
    finish()
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
      received += piece.value.length

    expect(received).toBe(content.length)
    expect(Buffer.from(await (await second).arrayBuffer()).equals(content)).toBe(true)
  })

  it('is fast does not wait for a slow client, which gets everything nevertheless', async () => {
    const content = Buffer.alloc(24 * 1024 * 1024, 'e')
    const digest = await upstream.client.pushBlob('web', content)
    const outgoing = request(`${registry.url}/v2/hub/web/blobs/${digest}`, {
      headers: { authorization: basic('reader') },
    })
    const slow = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve).end())
    slow.pause()

    const again = (): Promise<Response> =>
      client.send('GET', `/v2/hub/web/blobs/${digest}`, { headers: { range: 'bytes=0-0' } })
    await expect.poll(async () => statusOf(await again())).toBe('slipway; hit')
    let received = 0
    for await (const piece of slow) received += (piece as Buffer).length

    expect(received).toBe(content.length)
    expect(await blobsFetched()).toBe(1)
  })
})

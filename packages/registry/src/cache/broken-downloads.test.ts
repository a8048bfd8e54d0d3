import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { NO_SETTINGS } from '../policy/settings.ts'
import { sha256, startRegistry, type TestRegistry } from '../testing/index.ts'

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * at) % 251))
const path = `/v2/hub/web/blobs/${sha256(content)}`
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

type Answer = (request: IncomingMessage, response: ServerResponse, start: number) => void

/** A registry whose cache `hub` stands for a server that answers so; `asked` has the ranges of its requests. */
async function cacheOf(answer: Answer): Promise<{ registry: TestRegistry; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { range = 'all' } = request.headers
    asked.push(range)
    answer(request, response, Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(resolve)
      }),
  )
  const { port } = server.address() as AddressInfo
  const hub = { name: 'hub', host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, freshness: 60_000 }
  const settings = { ...NO_SETTINGS, upstreams: [hub] }
  const registry = await startRegistry({ settings: () => settings, upstreamPatience: 300 })
  stops.push(async () => {
    await registry.stop()
    await registry.remove()
  })
  return { registry, asked }
}

const pull = async ({ client }: TestRegistry): Promise<Buffer> =>
  Buffer.from(await (await client.send('GET', path)).arrayBuffer())

/** Sends so many bytes, then breaks off. */
function sendPart(response: ServerResponse, part: Buffer, bytes: number): void {
  if (part.length <= bytes) response.end(part)
  else response.write(part.subarray(0, bytes), () => response.socket?.destroySoon())
}

const ranged = (response: ServerResponse, start: number): Buffer => {
  const part = content.subarray(start)
  const range = `bytes ${start}-${content.length - 1}/${content.length}`
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': part.length, 'content-range': range })
  return part
}

describe('a download whose connections break', () => {
  it('goes on where it was, for all who read along', async () => {
    const { registry, asked } = await cacheOf((_, response, start) =>
      sendPart(response, ranged(response, start), 700_000),
    )

    const pulls = await Promise.all([pull(registry), pull(registry)])

    expect(pulls.map((bytes) => bytes.equals(content))).toEqual([true, true])
    expect(asked[0]).toBe('all')
    expect(asked.length).toBeGreaterThan(4)
    expect(new Set(asked).size).toBe(asked.length)
    expect(registry.errors).toEqual([])
  })

  it('is one to its readers also where the other side knows no ranges', async () => {
    const parts = [1_000_000, 2_000_000, content.length]
    const { registry } = await cacheOf((_, response) => {
      response.writeHead(200, { 'content-length': content.length })
      sendPart(response, content, parts.shift() ?? 0)
    })

    expect((await pull(registry)).equals(content)).toBe(true)
  })

  it('goes on where the other side fell silent or was away for a moment', async () => {
    const answers: ((response: ServerResponse, start: number) => void)[] = [
      (response, start) => void response.write(ranged(response, start).subarray(0, 1_000_000)),
      (response) => void response.writeHead(503).end(),
      (response) => void response.socket?.destroy(),
      (response, start) => void response.end(ranged(response, start)),
    ]
    const { registry, asked } = await cacheOf((_, response, start) => answers.shift()?.(response, start))

    expect((await pull(registry)).equals(content)).toBe(true)
    expect(asked).toEqual(['all', ...Array(3).fill('bytes=1000000-')])
  })

  it('ends where what comes then is other content, and leaves nothing here', async () => {
    const { registry } = await cacheOf((_, response, start) =>
      start === 0
        ? sendPart(response, ranged(response, start), 1_000_000)
        : void response.end(Buffer.alloc(ranged(response, start).length)),
    )

    await expect(pull(registry)).rejects.toThrow()
    expect(registry.errors).toMatchObject([{ code: 'REGISTRY_DIGEST_MISMATCH' }])
    expect(await registry.client.json('/v2/_slipway/usage')).toMatchObject({ repositories: [] })
  })

  it('is given up with what broke it where nobody is there any more', async () => {
    let isGone = false
    const { registry } = await cacheOf((_, response, start) => {
      if (isGone) return void response.writeHead(404).end()
      isGone = true
      sendPart(response, ranged(response, start), 1_000_000)
    })

    await expect(pull(registry)).rejects.toThrow()
    expect(registry.errors).toMatchObject([{ code: 'REGISTRY_BROKEN_OFF' }])
  })
})

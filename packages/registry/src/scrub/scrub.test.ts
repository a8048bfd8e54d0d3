import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256, startRegistry, type TestRegistry } from '../testing/index.ts'

const large = Buffer.alloc(3_000_000, 'a layer, ').toString()

let registry: TestRegistry
beforeEach(async () => {
  registry = await startRegistry()
})
afterEach(async () => {
  await registry.stop()
  await registry.remove()
})

/** Changes one byte on the disk, as a failing disk does. */
async function spoil(digest: string, at: number): Promise<void> {
  const [algorithm = '', hex = ''] = digest.split(':')
  const file = await open(join(registry.dir, 'blobs', algorithm, hex.slice(0, 2), hex.slice(2)), 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
  await file.close()
}

async function scrub(): Promise<{ blobs: number; spoilt: { digest: string }[]; missing: object[] }> {
  const answer = await registry.client.send('POST', '/v2/_slipway/scrub')
  expect(answer.status).toBe(200)
  return (await answer.json()) as { blobs: number; spoilt: { digest: string }[]; missing: object[] }
}

const head = async (path: string): Promise<number> => (await registry.client.send('HEAD', path)).status

describe('scrub', () => {
  it('finds nothing where nothing is wrong', async () => {
    await registry.client.pushImage('web', '1', large)

    expect(await scrub()).toMatchObject({ blobs: 3, spoilt: [], missing: [] })
  })

  it('finds a spoilt layer, sets it aside, and goes on reporting it until it is pushed again', async () => {
    const { client } = registry
    await client.pushImage('web', '1', large)
    await client.pushImage('api', '1', large)
    const layer = sha256(large)
    await spoil(layer, 2_000_000)

    const found = { digest: layer, repositories: ['api', 'web'] }
    expect(await scrub()).toMatchObject({ spoilt: [found], missing: [found] })
    expect(await head(`/v2/web/blobs/${layer}`)).toBe(404)
    expect(registry.reports.join()).toContain(layer)
    expect(await readdir(join(registry.dir, 'corrupt'))).toEqual([layer.replace(':', '-')])
    expect(await scrub()).toMatchObject({ spoilt: [], missing: [found] })

    await client.pushBlob('web', large)
    expect(await scrub()).toMatchObject({ spoilt: [], missing: [] })
    expect(await (await client.send('GET', `/v2/api/blobs/${layer}`)).text()).toBe(large)
  })

  it('finds a spoilt manifest, which a push brings back', async () => {
    const digest = await registry.client.pushImage('web', '1')
    await registry.stop()
    registry = await registry.restart()
    await spoil(digest, 5)

    expect(await head('/v2/web/manifests/1')).toBe(404)
    expect((await registry.client.send('GET', '/v2/web/manifests/1')).status).toBe(404)
    await registry.client.pushImage('web', '1')
    expect(await head('/v2/web/manifests/1')).toBe(200)
  })
})

describe('a pull', () => {
  it('of a spoilt layer is broken off, and the next one is told that it is not there', async () => {
    await registry.client.pushImage('web', '1', large)
    const layer = sha256(large)
    await spoil(layer, 2_999_999)

    const pull = async (): Promise<number> => {
      const answer = await registry.client.send('GET', `/v2/web/blobs/${layer}`)
      await answer.arrayBuffer()
      return answer.status
    }

    await expect(pull()).rejects.toThrow()
    expect(await pull()).toBe(404)
    expect(registry.reports.join()).toContain('set aside')
  })
})

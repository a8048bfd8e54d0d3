import { open, readdir, truncate } from 'node:fs/promises'
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

function fileOf(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':')
  return join(registry.dir, 'blobs', algorithm, hex.slice(0, 2), hex.slice(2))
}

/** Changes one byte on the disk, as a failing disk does. */
async function spoil(digest: string, at: number): Promise<void> {
  const file = await open(fileOf(digest), 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
  await file.close()
}

async function scrub(): Promise<{ blobs: number; bytes: number; spoilt: { digest: string }[]; missing: object[] }> {
  const answer = await registry.client.send('POST', '/v2/_slipway/scrub')
  expect(answer.status).toBe(200)
  return (await answer.json()) as { blobs: number; bytes: number; spoilt: { digest: string }[]; missing: object[] }
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

  it('is in the audit log and in the metrics with what it found', async () => {
    await registry.client.pushImage('web', '1', large)
    await registry.client.pushImage('api', '1', large)
    const layer = sha256(large)
    await spoil(layer, 1_000_000)

    const { bytes } = await scrub()

    const entries = registry.audit.filter(({ action }) => action === 'set-aside')
    const expected = { actor: 'registry', reference: layer, outcome: 'done' }
    expect(entries).toMatchObject([
      { ...expected, repository: 'api' },
      { ...expected, repository: 'web' },
    ])
    const metrics = (await (await registry.client.send('GET', '/metrics')).text()).split('\n')
    expect(metrics).toContain('slipway_registry_spoilt_blobs_total 1')
    expect(metrics).toContain('slipway_registry_missing_blobs 1')
    expect(metrics).toContain(`slipway_registry_scrubbed_bytes_total ${bytes}`)
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
  it('of a layer that has lost its end is broken off, and the next one is told that it is not there', async () => {
    await registry.client.pushImage('web', '1', large)
    const layer = sha256(large)
    await truncate(fileOf(layer), 2_999_999)

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

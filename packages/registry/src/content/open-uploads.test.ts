import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlobStore, openFileBlobStore } from '@slipway/storage'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFileLog } from '../log/file-log.ts'
import { Catalog } from '../metadata/catalog.ts'
import { isBatch } from '../metadata/changes.ts'
import { matcher } from '../policy/matcher.ts'
import { NO_SETTINGS, type RegistrySettings } from '../policy/settings.ts'
import { basic, chartArchive, sha256, startRegistry, type TestClient, type TestRegistry } from '../testing/index.ts'
import { OpenUploads, type Upload } from './open-uploads.ts'
import { Quotas } from './quotas.ts'

const QUOTA = 10_000
const policy = { name: 'small', repositories: ['small/**'], covers: matcher(['small/**']), anonymousPull: false }
const settings: RegistrySettings = { ...NO_SETTINGS, policies: [{ ...policy, quota: QUOTA }] }

let registry: TestRegistry
let client: TestClient
beforeEach(async () => {
  registry = await startRegistry({ settings: () => settings })
  client = registry.client
})
afterEach(async () => {
  await registry.stop()
  await registry.remove()
})

const start = async (name = 'small/web'): Promise<string> => {
  const answer = await client.send('POST', `/v2/${name}/blobs/uploads/`)
  return new URL(answer.headers.get('location') ?? '', client.url).pathname
}
const append = async (location: string, bytes: number): Promise<number> =>
  (await client.send('PATCH', location, { body: Buffer.alloc(bytes, 'x') })).status
const began = async (bytes: number): Promise<string> => {
  const location = await start()
  expect(await append(location, bytes)).toBe(202)
  return location
}

/** Bytes that the store holds in blobs and uploads. */
async function onDisk(): Promise<number> {
  const files = await readdir(registry.dir, { recursive: true, withFileTypes: true })
  const sizes = files
    .filter((file) => file.isFile() && /\/(blobs|uploads)(\/|$)/.test(file.parentPath))
    .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Whether so many bytes still fit into the quota of small/web, and not one more. */
async function expectRoom(bytes: number): Promise<void> {
  expect([await append(await start(), bytes + 1), await append(await start(), bytes)]).toEqual([403, 202])
}

describe('the bytes of an open upload', () => {
  const full = Buffer.alloc(6_000, 'x')
  it.each<[string, number, (location: string) => Promise<unknown>]>([
    ['count while it is open', 4_000, async () => {}],
    ['come back when it is cancelled', 10_000, (location) => client.send('DELETE', location)],
    [
      'count as its blob when it is finished',
      4_000,
      (location) => client.send('PUT', `${location}?digest=${sha256(full)}`),
    ],
    [
      'come back when they are not what they should be',
      10_000,
      (location) => client.send('PUT', `${location}?digest=${sha256('other')}`),
    ],
    ['come back when more does not fit', 10_000, (location) => append(location, 5_000)],
    [
      'count on when a chunk came at the wrong place',
      4_000,
      (location) => client.send('PATCH', location, { body: 'x', headers: { 'content-range': '9-9' } }),
    ],
    [
      'are none of a blob that the repository has',
      4_000,
      async (location) => {
        await client.send('PUT', `${location}?digest=${sha256(full)}`)
        const again = await began(4_000)
        const rest = await client.send('PUT', `${again}?digest=${sha256(full)}`, { body: Buffer.alloc(2_000, 'x') })
        const whole = await client.send('POST', `/v2/small/web/blobs/uploads/?digest=${sha256(full)}`, { body: full })
        expect([rest.status, whole.status]).toEqual([201, 201])
      },
    ],
    [
      'count after a restart',
      4_000,
      async () => {
        await registry.stop()
        registry = await registry.restart()
        client = registry.client
      },
    ],
  ])('%s', async (_, expected, act) => {
    const location = await began(6_000)
    await act(location)
    await expectRoom(expected)
  })

  it('are named where there is no room for more, in the words of any quota', async () => {
    await began(6_000)
    const refused = await client.send('PATCH', await start(), { body: Buffer.alloc(5_000) })

    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({
      errors: [
        {
          code: 'DENIED',
          message:
            'this does not fit into the quota of small/web: it holds 6000 of 10000 bytes, 6000 of them in uploads that are open (policy small)',
        },
      ],
    })
  })

  it('come back when it expires', async () => {
    const location = await began(6_000)
    const id = location.split('/').at(-1) ?? ''
    await utimes(join(registry.dir, 'uploads', id), 0, 0)

    const { garbage } = (await (await client.send('POST', '/v2/_slipway/gc')).json()) as {
      garbage: { uploads: number }
    }

    expect(garbage.uploads).toBe(1)
    await expectRoom(QUOTA)
  })

  it('stay where another repository is pushed to', async () => {
    const location = await began(6_000)

    expect(await append(await start('small/other'), 9_000)).toBe(202)
    expect((await client.send('GET', location.replace('/web/', '/other/'))).status).toBe(404)
    expect((await client.send('GET', location)).status).toBe(204)
  })
})

describe('an upload that nobody goes on with', () => {
  it.each([
    [9, [202, 403]],
    [11, [404, 202]],
  ])('for %i minutes gives way to one that needs its room: %j', async (minutes, expected) => {
    const location = await began(6_000)
    const then = new Date(Date.now() - minutes * 60_000)
    await utimes(join(registry.dir, 'uploads', location.split('/').at(-1) ?? ''), then, then)

    const other = await append(await start(), 5_000)

    expect([await append(location, 1), other]).toEqual(expected)
  })

  it('stays where there is room', async () => {
    const location = await began(4_000)
    await utimes(join(registry.dir, 'uploads', location.split('/').at(-1) ?? ''), 0, 0)

    expect(await append(await start(), 6_000)).toBe(202)
    expect(await append(location, 0)).toBe(202)
  })

  it('is gone when it was to be one request', async () => {
    const { hostname, port } = new URL(client.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /v2/small/web/blobs/uploads/?digest=${sha256('x')} HTTP/1.1\r\nhost: x\r\nauthorization: ${basic('admin')}\r\ncontent-length: 9000\r\n\r\n${'x'.repeat(5_000)}`,
    )
    const uploads = (): Promise<string[]> => readdir(join(registry.dir, 'uploads'))
    await expect.poll(uploads).toHaveLength(1)
    socket.destroy()

    await expect.poll(uploads).toHaveLength(0)
    await expectRoom(QUOTA)
  })
})

describe('what a full repository is sent', () => {
  it('in many uploads at once leaves no more on the disk than its quota', async () => {
    const chunked = async (): Promise<number> => {
      const location = await start()
      const body = new Blob([Buffer.alloc(3_000, 'x')]).stream()
      const headers = { authorization: basic('admin') }
      return (await fetch(client.url + location, { method: 'PATCH', headers, body, duplex: 'half' } as RequestInit))
        .status
    }
    const statuses = await Promise.all(Array.from({ length: 20 }, chunked))

    expect(statuses.filter((status) => status === 202)).toHaveLength(3)
    expect(await onDisk()).toBe(9_000)
  })

  it('as manifests or charts leaves nothing', async () => {
    await client.pushBlob('small/web', Buffer.alloc(9_999, 'x'))
    await client.pushBlob('small/chart', Buffer.alloc(9_999, 'x'))
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [],
    })
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' }

    const manifest = await client.send('PUT', '/v2/small/web/manifests/1', { body: index, headers })
    const chart = await client.send('POST', '/api/small/charts', { body: await chartArchive('chart', '1.0.0') })

    expect([manifest.status, chart.status]).toEqual([403, 403])
    expect(await onDisk()).toBe(9_999)
  })
})

describe('what somebody deletes', () => {
  it.each<[string, () => Promise<Response>]>([
    ['as a blob', () => client.send('DELETE', `/v2/small/web/blobs/${sha256('bytes')}`)],
    ['as a repository', () => client.send('DELETE', '/acr/v1/small/web')],
  ])('%s is gone from the disk when it no longer counts, unless another repository has it', async (_, remove) => {
    await client.pushBlob('small/web', 'bytes')
    await client.pushBlob('other', 'bytes')

    await remove()
    const shared = await onDisk()
    await client.send('DELETE', `/v2/other/blobs/${sha256('bytes')}`)

    expect([shared, await onDisk()]).toEqual([5, 0])
  })

  it('as a manifest is gone, too', async () => {
    const digest = await client.pushImage('small/web', '1', 'layer')
    const before = await onDisk()
    const manifest = await (await client.send('GET', `/v2/small/web/manifests/${digest}`)).text()

    await client.send('DELETE', `/v2/small/web/manifests/${digest}`)

    expect(before - (await onDisk())).toBe(manifest.length)
  })
})

describe('what is counted', () => {
  it('is always what the store holds, whatever uploads go through, and also after a restart', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'open-uploads-'))
    const blobs = await openFileBlobStore(dir)
    const catalog = await Catalog.open(await openFileLog(join(dir, 'log'), { isEntry: isBatch }), {
      complete: (change) => change,
      requireNew: async () => {},
      onError: () => {},
    })
    const step = fc.record({
      act: fc.constantFrom('start', 'append', 'stream', 'break', 'cancel', 'finish', 'mistake'),
      upload: fc.nat(),
      bytes: fc.integer({ min: 1, max: 4_000 }),
    })
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const quotas = new Quotas(catalog, () => settings)
          const uploads = await OpenUploads.open({ blobs, quotas, clock: Date.now })
          const open: Upload[] = [await uploads.start('small/web')]
          // Five at a time: those of one upload one after the other, the others side by side.
          for (let at = 0; at < steps.length; at += 5) {
            const work = steps.slice(at, at + 5).map(async ({ act, upload: which, bytes }) => {
              if (act === 'start') open.push(await uploads.start('small/web'))
              const upload = open[which % open.length] as Upload
              await perform({ blobs, uploads }, upload, { act, bytes }).catch(() => {})
            })
            await Promise.all(work)
            const held = await heldBy(blobs)
            expect(held).toBeLessThanOrEqual(QUOTA)
            await expectLeft(quotas, QUOTA - held)
          }
          const next = new Quotas(catalog, () => settings)
          await OpenUploads.open({ blobs, quotas: next, clock: Date.now })
          await expectLeft(next, QUOTA - (await heldBy(blobs)))
          for (const upload of open) await uploads.cancel(upload)
          await expectLeft(quotas, QUOTA)
        }),
        { numRuns: 60 },
      )
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  })

  async function perform(
    { blobs, uploads }: { blobs: BlobStore; uploads: OpenUploads },
    upload: Upload,
    { act, bytes }: { act: string; bytes: number },
  ): Promise<void> {
    if (act === 'cancel') return uploads.cancel(upload)
    await uploads.exclusively(upload, async () => {
      const before = await uploads.size(upload)
      const isDeclared = act === 'append'
      const pieces = async function* (): AsyncIterable<Uint8Array> {
        for (let sent = 0; sent < bytes; sent += 500) yield Buffer.alloc(Math.min(500, bytes - sent))
        if (act === 'break') throw new Error('cut off')
      }
      if (['append', 'stream', 'break'].includes(act)) {
        await uploads.append(upload, { before, pieces, length: isDeclared ? bytes : undefined, allowance: 0 })
      }
      // A blob that the repository has already.
      if (act === 'finish') await uploads.finish(upload, before, () => blobs.cancelUpload(upload.id))
      if (act === 'mistake') {
        await uploads.finish(upload, before, async () => {
          throw new Error('the disk is full')
        })
      }
    })
  }

  async function heldBy(blobs: BlobStore): Promise<number> {
    let held = 0
    for await (const { size } of blobs.uploads()) held += size
    return held
  }

  async function expectLeft(quotas: Quotas, bytes: number): Promise<void> {
    const share = quotas.share('small/web')
    await share.take(bytes)
    await expect(share.take(1)).rejects.toMatchObject({ code: 'DENIED' })
    share.release()
  }
})

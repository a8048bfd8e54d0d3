import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matcher } from '../policy/matcher.ts'
import { NO_SETTINGS, type RegistrySettings } from '../policy/settings.ts'
import { chartArchive, sha256, startRegistry, type TestClient, type TestRegistry } from '../testing/index.ts'
import { Holds } from './holds.ts'
import { PushActivity } from './push-activity.ts'

const policy = (repositories: string[], rules: object): RegistrySettings['policies'][number] => ({
  name: 'test',
  repositories,
  covers: matcher(repositories),
  anonymousPull: false,
  ...rules,
})
const settings: RegistrySettings = {
  ...NO_SETTINGS,
  policies: [
    policy(['fixed/*', 'helm/*'], { immutableTags: matcher(['v*', '1.0.0']) }),
    policy(['small/**'], { quota: 10_000 }),
    policy(['small/tiny'], { quota: 2_000 }),
  ],
}

let registry: TestRegistry
let client: TestClient
beforeAll(async () => {
  registry = await startRegistry({ settings: () => settings, maxBlobSize: 50_000 })
  client = registry.client
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
})

const errorOf = async (answer: Response): Promise<{ status: number; code: string; message: string }> => {
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] }
  return { status: answer.status, code: errors[0]?.code ?? '', message: errors[0]?.message ?? '' }
}

describe('an immutable tag', () => {
  it('stays with what was pushed first, which may be pushed again', async () => {
    const first = await client.imageManifest('fixed/web', 'one')
    const other = await client.imageManifest('fixed/web', 'two')

    const statuses = [
      (await client.putManifest('fixed/web', 'v1', first)).status,
      (await client.putManifest('fixed/web', 'v1', first)).status,
      (await client.putManifest('fixed/web', 'latest', first)).status,
      (await client.putManifest('fixed/web', 'latest', other)).status,
    ]
    const refused = await errorOf(await client.putManifest('fixed/web', 'v1', other))

    expect(statuses).toEqual([201, 201, 201, 201])
    expect(refused).toMatchObject({
      status: 403,
      code: 'DENIED',
      message: expect.stringContaining('immutable (policy test)'),
    })
  })

  it('cannot be forced with a chart either', async () => {
    const put = async (method: string, values: string): Promise<number> => {
      const body = await chartArchive('fixed', '1.0.0', { 'values.yaml': values })
      return (await client.send(method, '/helm/v1/repo/_blobs/fixed-1.0.0.tgz', { body })).status
    }

    expect([await put('PUT', 'a: 1'), await put('PATCH', 'a: 1'), await put('PATCH', 'a: 2')]).toEqual([201, 201, 403])
  })
})

describe('a quota', () => {
  it('refuses what does not fit, before and while it comes, and keeps nothing of it', async () => {
    const big = Buffer.alloc(9_000, 'a')
    await client.pushBlob('small/web', big)
    const next = Buffer.alloc(2_000, 'b')

    const declared = await client.send('POST', `/v2/small/web/blobs/uploads/?digest=${sha256(next)}`, { body: next })
    const upload = await client.send('POST', '/v2/small/web/blobs/uploads/')
    const location = upload.headers.get('location') ?? ''
    const streamed = await fetch(client.url + location, {
      method: 'PATCH',
      headers: { authorization: `Basic ${btoa('admin:secret')}` },
      body: new Blob([new Uint8Array(next)]).stream(),
      duplex: 'half',
    } as RequestInit)

    expect(await errorOf(declared)).toMatchObject({
      status: 403,
      code: 'DENIED',
      message: expect.stringContaining('quota of small/web'),
    })
    expect(await errorOf(streamed)).toMatchObject({ status: 403, code: 'DENIED' })
    expect((await client.send('GET', location)).status).toBe(404)
    expect((await client.send('HEAD', `/v2/small/web/blobs/${sha256(next)}`)).status).toBe(404)
  })

  it('counts a blob once, and each repository for itself', async () => {
    const blob = Buffer.alloc(6_000, 'c')

    await client.pushBlob('small/a', blob)
    await client.pushBlob('small/a', blob)
    await client.pushBlob('small/b', blob)

    expect((await client.send('HEAD', `/v2/small/b/blobs/${sha256(blob)}`)).status).toBe(200)
  })

  it('of the tightest policy counts, for mounts too', async () => {
    const digest = await client.pushBlob('elsewhere', Buffer.alloc(3_000, 'd'))

    const mounted = await client.send('POST', `/v2/small/tiny/blobs/uploads/?mount=${digest}&from=elsewhere`)

    expect((await errorOf(mounted)).code).toBe('DENIED')
  })

  it('lets only so many of concurrent pushes in', async () => {
    const pushes = ['e', 'f', 'g', 'h'].map((letter) => {
      const body = Buffer.alloc(4_000, letter)
      return client.send('POST', `/v2/small/race/blobs/uploads/?digest=${sha256(body)}`, { body })
    })

    const statuses = (await Promise.all(pushes)).map(({ status }) => status)

    expect(statuses.sort()).toEqual([201, 201, 403, 403])
  })
})

describe('a blob that is too large', () => {
  it('is refused', async () => {
    const body = Buffer.alloc(50_001)

    const refused = await client.send('POST', `/v2/any/blobs/uploads/?digest=${sha256(body)}`, { body })

    expect(await errorOf(refused)).toMatchObject({ status: 413, code: 'SIZE_INVALID' })
  })
})

describe('a log of the first versions', () => {
  it('is completed from the store', async () => {
    const before = await startRegistry()
    const digest = await before.client.pushImage('old', '1', 'some content')
    await before.stop()
    const file = join(before.dir, 'metadata.jsonl')
    const lines = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object[])
    const stripped = JSON.parse(JSON.stringify(lines), (key, value) =>
      key === 'size' && typeof value === 'number' && value < 100
        ? undefined
        : key === 'at' || key === 'references'
          ? undefined
          : value,
    ) as object[]
    await writeFile(file, '')
    for (const line of stripped) await appendFile(file, `${JSON.stringify(line)}\n`)

    const after = await before.restart()
    const { manifest } = await after.client.json<{ manifest: { imageSize: number } }>(
      `/acr/v1/old/_manifests/${digest}`,
    )
    await after.stop()
    await after.remove()

    expect(manifest.imageSize).toBe(
      'some content'.length + JSON.stringify({ architecture: 'amd64', os: 'linux' }).length,
    )
    expect(after.errors).toEqual([])
  })
})

describe('holds', () => {
  it('keep bytes from a removal, and wait for one that is at it', async () => {
    const holds = new Holds()
    const order: string[] = []
    let finish = (): void => {}

    const removed = holds.remove(
      'a',
      () => false,
      () =>
        new Promise((resolve) => {
          finish = () => {
            order.push('removed')
            resolve(true)
          }
        }),
    )
    const held = holds.during(['a'], async () => {
      order.push('held')
      return holds.remove(
        'a',
        () => false,
        async () => true,
      )
    })
    finish()

    expect([await removed, await held]).toEqual([true, false])
    expect(order).toEqual(['removed', 'held'])
    expect(
      await holds.remove(
        'a',
        () => true,
        async () => true,
      ),
    ).toBe(false)
    expect(
      await holds.remove(
        'a',
        () => false,
        async () => true,
      ),
    ).toBe(true)
  })
})

describe('push activity', () => {
  it('of any number of names is remembered for the last of them', async () => {
    let now = 0
    const activity = new PushActivity(() => now)
    for (now = 1; now <= 10_001; now++) await activity.during(`a${now}`, async () => {})

    expect([activity.isQuiet('a1', 10_001), activity.isQuiet('a2', 10_001)]).toEqual([true, false])
  })

  it('is over when nobody has pushed for as long as was asked', async () => {
    let now = 100
    const activity = new PushActivity(() => now)
    let isQuietMeanwhile = true

    await activity.during('a', async () => {
      isQuietMeanwhile = activity.isQuiet('a', 0)
    })
    now = 500

    expect([isQuietMeanwhile, activity.isQuiet('a', 450), activity.isQuiet('a', 400)]).toEqual([false, false, true])
    expect(activity.isQuiet('never', 500)).toBe(true)
  })

  it('lets what lies there unused stay for twelve times as long', async () => {
    const activity = new PushActivity(() => 100)
    await activity.during('a', async () => {})

    expect([activity.patience('a', 50), activity.patience('b', 50)]).toEqual([600, 50])
  })
})

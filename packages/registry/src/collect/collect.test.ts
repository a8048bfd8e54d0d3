import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { matcher } from '../policy/matcher.ts'
import { NO_SETTINGS, type RegistrySettings } from '../policy/settings.ts'
import { sha256, startRegistry, type TestClient, type TestRegistry } from '../testing/index.ts'

const HOUR = 3_600_000

let registry: TestRegistry
let client: TestClient
let now: number
let settings: RegistrySettings
let deployed: Set<string>
let isClusterUp: boolean

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z')
  settings = NO_SETTINGS
  deployed = new Set()
  isClusterUp = true
  await start()
})
afterEach(async () => {
  expect(registry.errors).toEqual([])
  await registry.stop()
  await registry.remove()
})

async function start(more: { clock?: () => number } = {}): Promise<void> {
  registry = await startRegistry({
    clock: () => now,
    settings: () => settings,
    deployed: async () => {
      if (!isClusterUp) throw new Error('no route to host')
      return { has: (repository, reference) => deployed.has(`${repository}:${reference}`) }
    },
    ...more,
  })
  client = registry.client
}

interface Report {
  retention: { tags: number; manifests: number; faults: string[] }
  garbage: { links: number; blobs: number; bytes: number; uploads: number }
}

async function gc(query = ''): Promise<Report> {
  const answer = await client.send('POST', `/v2/_slipway/gc${query}`)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Report
}

const status = async (method: string, path: string): Promise<number> => (await client.send(method, path)).status

describe('garbage collection', () => {
  it('frees what only a deleted image needed, and what a push left behind', async () => {
    const image = await client.pushImage('web', '1', 'only in the first')
    await client.pushImage('web', '2', 'only in the second')
    const left = await client.pushBlob('web', 'left behind')
    await client.send('DELETE', `/v2/web/manifests/${image}`)
    now += 3 * HOUR

    const { garbage } = await gc()

    // The manifest went when it was deleted.
    expect(garbage).toMatchObject({ links: 2, blobs: 2 })
    expect(await status('HEAD', `/v2/web/blobs/${sha256('only in the first')}`)).toBe(404)
    expect(await status('HEAD', `/v2/web/blobs/${left}`)).toBe(404)
    expect(await status('GET', `/v2/web/blobs/${sha256('only in the second')}`)).toBe(200)
    expect((await gc()).garbage).toMatchObject({ links: 0, blobs: 0, bytes: 0 })
  })

  it('leaves bytes that another repository holds', async () => {
    const digest = await client.pushBlob('a', 'shared')
    await client.pushImage('b', '1', 'shared')
    now += 3 * HOUR

    await gc()

    expect(await status('HEAD', `/v2/a/blobs/${digest}`)).toBe(404)
    expect(await (await client.send('GET', `/v2/b/blobs/${digest}`)).text()).toBe('shared')
  })

  it('leaves what a push may count on: pushed, asked for or mounted lately, or pushed to beside it', async () => {
    const pushed = await client.pushBlob('early', 'pushed')
    const asked = await client.pushBlob('asked', 'asked for')
    const busy = await client.pushBlob('busy', 'long ago')
    now += 1.5 * HOUR
    await client.send('HEAD', `/v2/asked/blobs/${asked}`)
    await client.send('POST', `/v2/mounted/blobs/uploads/?mount=${pushed}&from=early`)
    await client.send('POST', '/v2/busy/blobs/uploads/')
    now += HOUR

    await gc()

    expect(await status('HEAD', `/v2/early/blobs/${pushed}`)).toBe(404)
    expect(await status('HEAD', `/v2/asked/blobs/${asked}`)).toBe(200)
    expect(await status('HEAD', `/v2/mounted/blobs/${pushed}`)).toBe(200)
    expect(await status('HEAD', `/v2/busy/blobs/${busy}`)).toBe(200)
  })

  it('takes in a day what nobody wanted, however much is pushed beside it', async () => {
    await client.pushBlob('busy', 'long ago')
    const taken: number[] = []
    for (let hour = 1; hour <= 26; hour += 1) {
      now += HOUR
      await client.send('POST', '/v2/busy/blobs/uploads/')
      taken.push((await gc()).garbage.blobs)
    }

    expect(taken.indexOf(1) + 1).toBe(25)
  })

  it('refuses an image whose layer it has just taken, so that the client pushes it again', async () => {
    const manifest = await client.imageManifest('late', 'layer')
    now += 3 * HOUR
    await gc()
    await client.pushBlob('late', JSON.stringify({ architecture: 'amd64', os: 'linux' }))

    const refused = await client.putManifest('late', '1', manifest)
    await client.pushBlob('late', 'layer')
    const accepted = await client.putManifest('late', '1', manifest)

    expect([refused.status, accepted.status]).toEqual([400, 201])
    expect(await refused.text()).toContain('MANIFEST_BLOB_UNKNOWN')
  })

  it('gives pushes that began before a restart their time', async () => {
    const digest = await client.pushBlob('web', 'waiting')
    now += 3 * HOUR
    await registry.stop()
    registry = await registry.restart()
    client = registry.client

    const atOnce = await gc()
    now += 3 * HOUR
    const later = await gc()

    expect([atOnce.garbage.links, later.garbage.links]).toEqual([0, 1])
    expect(await status('HEAD', `/v2/web/blobs/${digest}`)).toBe(404)
  })

  it('only says what it would do, when asked to', async () => {
    const digest = await client.pushBlob('web', 'left behind')
    now += 3 * HOUR

    const { garbage } = await gc('?dryRun=true')

    expect(garbage).toMatchObject({ links: 1, blobs: 1, bytes: 'left behind'.length })
    expect(await status('HEAD', `/v2/web/blobs/${digest}`)).toBe(200)
  })

  it('gives up uploads that nobody continues', async () => {
    // Times of uploads are the disk's.
    now = Date.now()
    const upload = await client.send('POST', '/v2/web/blobs/uploads/')
    const location = upload.headers.get('location') ?? ''
    const kept = await gc()
    now += 8 * 24 * HOUR
    const expired = await gc()

    expect([kept.garbage.uploads, expired.garbage.uploads]).toEqual([0, 1])
    expect(await status('GET', location)).toBe(404)
  })

  it('forgets a repository in which nothing is left', async () => {
    const image = await client.pushImage('empty', '1')
    await client.send('DELETE', `/v2/empty/manifests/${image}`)
    now += 3 * HOUR

    await gc()

    expect(await status('GET', '/v2/empty/tags/list')).toBe(404)
    expect((await client.json<{ repositories: object[] }>('/v2/_slipway/usage')).repositories).toEqual([])
  })

  it('removes what never had a tag when asked to, but not what a policy keeps', async () => {
    const kept = await client.pushImage('kept', '1')
    const tagged = await client.pushImage('web', '1', 'stays')
    const untagged = await client.pushImage('web', '2', 'goes')
    for (const path of ['/v2/kept/manifests/1', '/v2/web/manifests/2']) await client.send('DELETE', path)
    const retention = { tags: () => true, untaggedAfter: 24 * HOUR }
    settings = {
      ...NO_SETTINGS,
      policies: [{ name: 'p', repositories: ['kept'], covers: matcher(['kept']), anonymousPull: false, retention }],
    }
    now += 3 * HOUR

    await gc()
    const before = await status('GET', `/v2/web/manifests/${untagged}`)
    await gc('?deleteUntagged=true')

    expect(before).toBe(200)
    expect(await status('GET', `/v2/web/manifests/${untagged}`)).toBe(404)
    expect(await status('HEAD', `/v2/web/blobs/${sha256('goes')}`)).toBe(404)
    expect(await status('GET', `/v2/web/manifests/${tagged}`)).toBe(200)
    expect(await status('GET', `/v2/kept/manifests/${kept}`)).toBe(200)
  })

  it.each(['?grace=soon', '?grace=-1h'])('takes no nonsense: %s', async (query) => {
    expect(await status('POST', `/v2/_slipway/gc${query}`)).toBe(400)
  })
})

describe('garbage collection while others push, mount and delete', () => {
  it('never takes a byte of an image that was acknowledged', async () => {
    await registry.stop()
    await registry.remove()
    await start({ clock: Date.now })
    let isOver = false
    let freed = 0
    const acknowledged = new Map<string, string>()

    const collector = (async () => {
      while (!isOver) freed += (await gc('?grace=1ms')).garbage.blobs
    })()
    const pushers = Array.from({ length: 6 }, async (_, pusher) => {
      // On a busy machine a collection may last as long as all these rounds do.
      for (let round = 0; round < 20 || freed === 0; round++) {
        const name = `team${pusher % 3}/app`
        const content = `layer ${round % 4} of ${pusher % 2}`
        const tag = `${pusher}-${round}`
        const manifest = await pushAsClientsDo(name, tag, content)
        if (round % 2 === 0) acknowledged.set(`${name}:${tag}`, content)
        else expect(await status('DELETE', `/v2/${name}/manifests/${sha256(manifest)}`)).toBe(202)
        await sleep(Math.random() * 60)
      }
    })
    await Promise.all(pushers)
    isOver = true
    await collector

    for (const [image, content] of acknowledged) {
      const [name, tag] = image.split(':')
      const manifest = await client.json<{ layers: { digest: string }[] }>(`/v2/${name}/manifests/${tag}`)
      const layer = await client.send('GET', `/v2/${name}/blobs/${manifest.layers[0]?.digest}`)
      expect(await layer.text()).toBe(content)
    }
  })
})

/** Mounts the layer or pushes it, then config and manifest; all again when the registry has let go of something meanwhile. */
async function pushAsClientsDo(name: string, tag: string, content: string): Promise<string> {
  for (;;) {
    const from = `team${Math.floor(Math.random() * 3)}/app`
    const mounted = await client.send('POST', `/v2/${name}/blobs/uploads/?mount=${sha256(content)}&from=${from}`)
    expect([201, 202]).toContain(mounted.status)
    const manifest = await client.imageManifest(name, content, {}, { annotations: { tag } })
    const put = await client.putManifest(name, tag, manifest)
    if (put.status === 201) return manifest
    expect(await put.text()).toContain('MANIFEST_BLOB_UNKNOWN')
  }
}

describe('retention', () => {
  const policy = (retention: object): RegistrySettings => ({
    ...NO_SETTINGS,
    policies: [
      {
        name: 'old',
        repositories: ['web'],
        covers: matcher(['web']),
        anonymousPull: false,
        retention: { tags: () => true, ...retention },
      },
    ],
  })
  const pushThree = async (): Promise<void> => {
    for (const tag of ['1', '2', '3']) {
      now += HOUR
      await client.pushImage('web', tag, `layer of ${tag}`)
      await client.pushImage('other', tag, `layer of ${tag}`)
    }
    now += 3 * HOUR
  }
  const tags = async (): Promise<string[]> => (await client.json<{ tags: string[] }>('/v2/web/tags/list')).tags

  it('removes what is not kept, frees its space and tells of it', async () => {
    settings = policy({ keepNewest: 1 })
    await pushThree()

    const { retention, garbage } = await gc()

    expect(retention).toEqual({ tags: 2, manifests: 2, faults: [] })
    expect(garbage.links).toBe(2)
    expect(await tags()).toEqual(['3'])
    expect((await client.json<{ tags: string[] }>('/v2/other/tags/list')).tags).toEqual(['1', '2', '3'])
    expect(registry.events.at(-1)).toMatchObject({
      action: 'delete',
      repository: 'web',
      origin: { actor: 'retention' },
    })
  })

  it('lets no index refer to what it has just taken, so that the client pushes it again', async () => {
    settings = policy({ keepNewest: 1 })
    const image = await client.imageManifest('web', 'a platform that stays the same')
    const child = sha256(image)
    await client.putManifest('web', child, image)
    await client.pushIndex('web', 'old', [child])
    now += HOUR
    await client.pushImage('web', 'new')
    now += 3 * HOUR
    // What a client asks before it skips the platform.
    expect(await status('HEAD', `/v2/web/manifests/${child}`)).toBe(200)
    await gc()

    await expect(client.pushIndex('web', 'next', [child])).rejects.toThrow('MANIFEST_BLOB_UNKNOWN')
    await client.putManifest('web', child, await client.imageManifest('web', 'a platform that stays the same'))
    await client.pushIndex('web', 'next', [child])
  })

  it('keeps what the cluster runs', async () => {
    settings = policy({ keepNewest: 1 })
    deployed.add('web:1')
    await pushThree()

    await gc()

    expect(await tags()).toEqual(['1', '3'])
  })

  it('removes nothing while the cluster cannot be asked, and says so', async () => {
    settings = policy({ keepNewest: 1 })
    isClusterUp = false
    await pushThree()

    const { retention } = await gc()

    expect(retention.faults).toEqual(["web: the cluster can't be asked what it runs: no route to host"])
    expect(await tags()).toEqual(['1', '2', '3'])
  })

  it('does not ask the cluster where the policy says so', async () => {
    settings = policy({ keepNewest: 1, keepDeployed: false })
    isClusterUp = false
    await pushThree()

    await gc()

    expect(await tags()).toEqual(['3'])
  })

  it('waits where somebody is pushing', async () => {
    settings = policy({ keepNewest: 1 })
    await pushThree()
    await client.send('POST', '/v2/web/blobs/uploads/')

    await gc()

    expect(await tags()).toEqual(['1', '2', '3'])
  })

  it('waits no longer than a day where somebody always pushes', async () => {
    settings = policy({ keepNewest: 1 })
    await pushThree()
    now += 19.5 * HOUR
    await client.send('POST', '/v2/web/blobs/uploads/')

    await gc()
    const atOnce = await tags()
    now += HOUR
    await client.send('POST', '/v2/web/blobs/uploads/')
    await gc()

    expect([atOnce, await tags()]).toEqual([['2', '3'], ['3']])
  })
})

describe('usage', () => {
  it('counts what is shared once in the whole', async () => {
    await client.pushBlob('a', Buffer.alloc(1_000))
    await client.pushBlob('b', Buffer.alloc(1_000))
    settings = {
      ...NO_SETTINGS,
      policies: [{ name: 'p', repositories: ['a'], covers: matcher(['a']), anonymousPull: false, quota: 5_000 }],
    }

    expect(await client.json('/v2/_slipway/usage')).toEqual({
      size: 1_000,
      repositories: [
        { name: 'a', size: 1_000, tags: 0, manifests: 0, blobs: 1, quota: 5_000, policy: 'p' },
        { name: 'b', size: 1_000, tags: 0, manifests: 0, blobs: 1 },
      ],
    })
  })
})

import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  haveObjectStores,
  haveWholeS3,
  type ObjectStoreServer,
  startAzure,
  startWholeS3,
} from './object-stores/servers.ts'
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts'

const PUSHERS = 100
const KILLS = 3
const TYPE = 'application/vnd.oci.image.manifest.v1+json'
const EMPTY = Buffer.from('{}')

const sha256 = (bytes: Buffer | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const path = (answer: Response): string => {
  const { pathname, search } = new URL(answer.headers.get('location') ?? '', 'http://registry')
  return pathname + search
}

/** What somebody was told is there. */
interface Acknowledged {
  repository: string
  tag: string
  digest: string
}

/** An upload of which the first bytes were acknowledged. */
interface Begun {
  repository: string
  location: string
  content: Buffer
  sent: number
}

async function startUpload({ send }: RegistryProcess, repository: string): Promise<string> {
  const answer = await send('POST', `/v2/${repository}/blobs/uploads/`)
  expect(answer.status).toBe(202)
  return path(answer)
}

async function finish({ send }: RegistryProcess, location: string, content: Buffer): Promise<number> {
  return (await send('PUT', `${location}?digest=${sha256(content)}`)).status
}

async function pushBlob(registry: RegistryProcess, repository: string, content: Buffer): Promise<void> {
  const location = await startUpload(registry, repository)
  const patched = await registry.send('PATCH', location, { body: new Uint8Array(content) })
  expect(patched.status).toBe(202)
  expect(await finish(registry, path(patched), content)).toBe(201)
}

async function pushImage(registry: RegistryProcess, repository: string, tag: string): Promise<Acknowledged> {
  // Above a block, so that its checks are kept too.
  const layer = randomBytes(150_000 + Math.floor(Math.random() * 50_000))
  await Promise.all([pushBlob(registry, repository, layer), pushBlob(registry, repository, EMPTY)])
  const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: sha256(bytes), size: bytes.length })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPE,
      config: descriptor('application/vnd.oci.image.config.v1+json', EMPTY),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  )
  const { status } = await registry.send('PUT', `/v2/${repository}/manifests/${tag}`, {
    body: new Uint8Array(manifest),
    headers: { 'content-type': TYPE },
  })
  expect(status).toBe(201)
  return { repository, tag, digest: sha256(manifest) }
}

/** Pushers at work on one registry, each in a repository of its own. */
class Pushers {
  readonly acknowledged: Acknowledged[] = []
  readonly #registry: RegistryProcess
  readonly #work: Promise<void>[]
  #gone = false
  #enough = (): void => {}

  constructor(registry: RegistryProcess, names: string[]) {
    this.#registry = registry
    this.#work = names.map((name) => this.#push(name))
  }

  /** Kills the registry in the thick of it: some pushes have ended, most are on their way. */
  async killAmidst(): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => (this.#enough = resolve)), ...this.#work])
    this.#gone = true
    await this.#registry.kill()
    await Promise.all(this.#work)
  }

  /** What is refused while the registry lives fails the test. */
  async #push(repository: string): Promise<void> {
    for (let number = 0; !this.#gone; number++) {
      try {
        this.acknowledged.push(await pushImage(this.#registry, repository, `v${number}`))
      } catch (error) {
        if (!this.#gone) throw error
      }
      if (this.acknowledged.length >= PUSHERS / 2) this.#enough()
    }
  }
}

async function beginUpload(registry: RegistryProcess, repository: string): Promise<Begun> {
  const content = randomBytes(300_000)
  const sent = 100_000
  const answer = await registry.send('PATCH', await startUpload(registry, repository), {
    body: new Uint8Array(content.subarray(0, sent)),
  })
  expect(answer.status).toBe(202)
  return { repository, location: path(answer), content, sent }
}

/** Pulls an image as a client does, comparing every digest; resolves to that of its manifest. */
async function pullWhole({ send }: RegistryProcess, repository: string, reference: string): Promise<string> {
  const answer = await send('GET', `/v2/${repository}/manifests/${reference}`)
  expect(answer.status, `${repository}:${reference}`).toBe(200)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const { config, layers } = JSON.parse(bytes.toString()) as {
    config: { digest: string }
    layers: { digest: string }[]
  }
  for (const { digest } of [config, ...layers]) {
    const blob = await send('GET', `/v2/${repository}/blobs/${digest}`)
    expect(blob.status, digest).toBe(200)
    expect(sha256(Buffer.from(await blob.arrayBuffer()))).toBe(digest)
  }
  return sha256(bytes)
}

const STORES: { name: string; isHere: boolean; start?: () => Promise<ObjectStoreServer>; args: string[] }[] = [
  { name: 'files', isHere: true, args: [] },
  { name: 'azure', isHere: haveObjectStores, start: startAzure, args: ['--blobs', 'azure://blobs/team'] },
  // Not s3rver, which answers before it has written, and writes in place: a crash beside it would show nothing about us.
  { name: 's3', isHere: haveWholeS3, start: startWholeS3, args: ['--blobs', 's3://blobs/team'] },
]

for (const { name, isHere, start, args } of STORES) {
  describe.skipIf(!isHere)(`kill -9 during ${PUSHERS} pushes: ${name}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'slipway-registry-crash-'))
    let store: ObjectStoreServer | undefined
    const open = (): Promise<RegistryProcess> =>
      startRegistryProcess(data, { args, ...(store && { environment: store.environment }) })

    let registry: RegistryProcess
    const acknowledged: Acknowledged[] = []
    let begun: Begun[] = []

    beforeAll(async () => {
      store = await start?.()
      registry = await open()
      for (let kill = 0; kill < KILLS; kill++) {
        begun = await Promise.all(Array.from({ length: 20 }, (_, n) => beginUpload(registry, `begun/${kill}-${n}`)))
        const pushers = new Pushers(
          registry,
          Array.from({ length: PUSHERS }, (_, n) => `team/${kill}-${n}`),
        )
        await pushers.killAmidst()
        acknowledged.push(...pushers.acknowledged)
        registry = await open()
      }
    })
    afterAll(async () => {
      await registry?.kill()
      await store?.stop()
      rmSync(data, { recursive: true, force: true })
    })

    it('keeps every manifest that was acknowledged, complete', async () => {
      expect(acknowledged.length).toBeGreaterThanOrEqual((KILLS * PUSHERS) / 2)
      for (const { repository, tag, digest } of acknowledged) {
        expect(await pullWhole(registry, repository, tag)).toBe(digest)
      }
    })

    it('shows nothing that is not complete', async () => {
      const { repositories } = (await (await registry.send('GET', '/v2/_catalog?n=1000')).json()) as {
        repositories: string[]
      }
      for (const repository of repositories) {
        const { tags } = (await (await registry.send('GET', `/v2/${repository}/tags/list`)).json()) as {
          tags: string[]
        }
        for (const tag of tags) await pullWhole(registry, repository, tag)
      }
    })

    it('goes on with the uploads that were open', async () => {
      for (const { repository, location, content, sent } of begun) {
        const status = await registry.send('GET', location)
        expect(status.status).toBe(204)
        expect(status.headers.get('range')).toBe(`0-${sent - 1}`)
        const rest = await registry.send('PATCH', path(status), {
          body: new Uint8Array(content.subarray(sent)),
          headers: { 'content-range': `${sent}-${content.length - 1}` },
        })
        expect(await finish(registry, path(rest), content)).toBe(201)
        const blob = await registry.send('GET', `/v2/${repository}/blobs/${sha256(content)}`)
        expect(sha256(Buffer.from(await blob.arrayBuffer()))).toBe(sha256(content))
      }
    })

    it('takes the same pushes again', async () => {
      const { repository, tag } = await pushImage(registry, 'team/again', 'v1')
      await pullWhole(registry, repository, tag)
      expect(registry.errors()).toBe('')
    })
  })
}

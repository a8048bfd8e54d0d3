import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectEngine } from './connect.ts'
import { type PodmanService, startPodman } from './podman-service.ts'
import type { ContainerEngine } from './port.ts'
import { buildTestImage, ownStorage, testEngine } from './testing/index.ts'

const IMAGE = 'localhost/slipway-cut-removal/busybox:1'
const labels = { 'slipway.test': 'cut-removal' }

const running = await testEngine(process.env)
const podman = (await running?.engine.info())?.name === 'podman'
await running?.stop()

describe.skipIf(!podman)('a container whose removal was cut short by the end of Podman', () => {
  const root = mkdtempSync(join(tmpdir(), 'slipway-cut-removal-'))
  let service: PodmanService
  let engine: ContainerEngine
  let cut: string
  let whole: string

  beforeAll(async () => {
    await start()
    await buildTestImage(engine, IMAGE)
    const command = ['/bin/busybox', 'true']
    cut = await engine.createContainer({ name: 'cut', image: IMAGE, command, labels })
    whole = await engine.createContainer({ name: 'whole', image: IMAGE, command, labels })
    await service.stop()
    forgetStorageOf(cut)
    await start()
  })
  afterAll(async () => {
    for (const id of [cut, whole]) await engine.remove(id)
    await engine.removeImage(IMAGE, { force: true })
    await service.stop()
    rmSync(root, { recursive: true, force: true })
  })

  it('hides no other, and is listed itself', async () => {
    const ids = (await engine.list({ labels })).map(({ id }) => id)

    expect(ids.toSorted()).toEqual([cut, whole].toSorted())
  })

  it('is not there any more to be looked at', async () => {
    expect(await engine.inspect(cut)).toBeUndefined()
    expect(await engine.inspect(whole)).toMatchObject({ status: 'created' })
  })

  it('is gone when it is removed again', async () => {
    expect(await engine.remove(cut)).toBe(true)
    expect((await engine.list({ labels })).map(({ id }) => id)).toEqual([whole])
  })

  /** With images and containers of its own: until it is mended, such a container is in the way of all programs. */
  async function start(): Promise<void> {
    service = await startPodman({ dir: join(root, 'podman'), env: { ...process.env, ...ownStorage(root) } })
    const found = await connectEngine({ socketPath: service.socketPath, patience: 120_000 })
    if (!found) throw new Error('podman listens but does not answer')
    engine = found
  }

  /** What the removal does first (libpod, runtime_ctr.go): its state is the last to go. */
  function forgetStorageOf(id: string): void {
    const file = join(root, 'images', 'vfs-containers', 'containers.json')
    const known: { id: string }[] = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify(known.filter((container) => container.id !== id)))
  }
})

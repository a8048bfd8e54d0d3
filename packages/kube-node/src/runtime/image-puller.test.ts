import { Readable } from 'node:stream'
import type { ContainerEngine, ImageInfo } from '@slipway/container-engine'
import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { UserError } from '@slipway/errors'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TinyRegistry } from '../testing/index.ts'
import { RegistryImagePuller } from './image-puller.ts'
import { registryImages } from './registry-images.ts'

const secret = (auths: object): string => JSON.stringify({ auths })

/** The digest of no bytes. */
const NOTHING = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

it('pulls by itself what somebody else began to pull and does not want any more', async () => {
  const config = { digest: NOTHING, size: 0, mediaType: 'application/json' }
  const loads: AbortSignal[] = []
  let begun = (): void => {}
  const loading = new Promise<void>((resolve) => {
    begun = resolve
  })
  let present = false
  const engine = {
    inspectImage: async () => (present ? ({ id: NOTHING, digests: [] } as unknown as ImageInfo) : undefined),
    load: async (_archive: unknown, signal: AbortSignal) => {
      loads.push(signal)
      begun()
      if (loads.length === 1)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))))
      present = true
      return []
    },
  }
  const registry = {
    resolve: async () => ({ digest: 'sha256:m', config, layers: [] }),
    blob: async () => Readable.from([]),
    isOwn: () => false,
  }
  const puller = new RegistryImagePuller(engine as unknown as ContainerEngine, registry)
  const [first, second] = [new AbortController(), new AbortController()]
  const pull = ({ signal }: AbortController) =>
    puller.ensureImage('x.example/a:1', { policy: 'IfNotPresent', pullSecrets: [], signal })
  const cut = pull(first)
  await loading
  const other = pull(second)
  await new Promise((resolve) => setImmediate(resolve))
  first.abort()

  await expect(cut).rejects.toThrow('cut')
  expect(await other).toMatchObject({ image: { id: NOTHING }, pulled: true })
  expect(loads).toHaveLength(2)
})

const running = await testEngine(process.env)

describe.skipIf(!running)(
  `pulling with a real engine${running ? '' : ' (skipped: no Docker, Podman or /bin/busybox here)'}`,
  () => {
    const registry = new TinyRegistry('puller', 'right')
    const reference = 'images.example.test/web:1'
    const pullSecrets = [secret({ 'images.example.test': { username: 'puller', password: 'right' } })]
    const signal = new AbortController().signal
    let puller: RegistryImagePuller
    let resolveHost: (name: string) => string | undefined
    let imageId: string

    beforeAll(async () => {
      const { engine } = running!
      const host = await registry.start()
      const label = `LABEL test=${process.pid}-${Date.now()}`
      imageId = await buildTestImage(engine, `${host}/web:1`, { dockerfile: label })
      await engine.push(`${host}/web:1`, { username: 'puller', password: 'right', insecure: true })
      await engine.removeImage(imageId, { force: true })
      resolveHost = (name) => (name === 'images.example.test' ? `http://${host}` : undefined)
      puller = new RegistryImagePuller(engine, registryImages({ resolveHost, architecture: 'amd64' }))
    })
    afterAll(async () => {
      await running!.engine.removeImage(imageId, { force: true })
      registry.stop()
      await running!.stop()
    })

    it('brings an image of an aliased host to an engine that knows nothing of it, once', async () => {
      const onPull = vi.fn()
      const first = await puller.ensureImage(reference, { policy: 'IfNotPresent', pullSecrets, signal, onPull })
      registry.requests.length = 0
      const second = await puller.ensureImage(reference, { policy: 'Always', pullSecrets, signal, onPull })
      const third = await puller.ensureImage(reference, { policy: 'IfNotPresent', pullSecrets, signal, onPull })

      expect(first).toMatchObject({
        image: { id: imageId },
        pulled: true,
        imageRef: expect.stringMatching(/^images\.example\.test\/web@sha256:/),
      })
      expect(second).toMatchObject({ image: { id: imageId }, pulled: true })
      expect(third).toMatchObject({ image: { id: imageId }, pulled: false })
      expect(onPull).toHaveBeenCalledTimes(2)
      expect(registry.requests.some((request) => request.includes('/blobs/'))).toBe(false)
      expect((await running!.engine.inspectImage(imageId))?.tags).toContain(reference)
    })

    it.each([
      ['without credentials', reference, [], 'IMAGE_UNAUTHORIZED'],
      [
        'with wrong ones',
        reference,
        [secret({ 'images.example.test': { username: 'puller', password: 'wrong' } })],
        'IMAGE_UNAUTHORIZED',
      ],
      ['for a tag that is not there', 'images.example.test/web:2', pullSecrets, 'IMAGE_NOT_FOUND'],
    ])('refuses %s, even though the image is there', async (_name, image, secrets, code) => {
      await expect(
        puller.ensureImage(image, { policy: 'IfNotPresent', pullSecrets: secrets, signal }),
      ).rejects.toMatchObject({ code })
    })

    it('pulls nothing that is not admitted, even though the image is there', async () => {
      const asked: string[] = []
      const { engine } = running!
      const strict = new RegistryImagePuller(
        engine,
        registryImages({
          resolveHost,
          architecture: 'amd64',
          async admit({ reference: name, digest }) {
            asked.push(`${name} ${digest}`)
            throw new UserError('IMAGE_POLICY_REFUSED', 'it is not signed')
          },
        }),
      )

      await expect(
        strict.ensureImage(reference, { policy: 'IfNotPresent', pullSecrets, signal }),
      ).rejects.toMatchObject({ code: 'IMAGE_POLICY_REFUSED' })
      expect(asked).toEqual([expect.stringMatching(/^images\.example\.test\/web:1 sha256:[0-9a-f]{64}$/)])
    })

    it('uses what is there when no registry answers', async () => {
      registry.stop()

      const pulled = await puller.ensureImage(reference, { policy: 'IfNotPresent', pullSecrets, signal })

      expect(pulled).toMatchObject({ image: { id: imageId }, pulled: false })
    })
  },
)

import { buildTestImage, testEngine } from '@slipway/container-engine/testing'
import { UserError } from '@slipway/errors'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TinyRegistry } from '../testing/index.ts'
import { credentialsFor, RegistryImagePuller, registryHost } from './image-puller.ts'
import { registryImages } from './registry-images.ts'

const secret = (auths: object): string => JSON.stringify({ auths })
const encoded = Buffer.from('me:pass:word').toString('base64')

describe('credentialsFor', () => {
  it.each([
    ['a plain host', 'r.example/a:1', { 'r.example': { auth: encoded } }, { username: 'me', password: 'pass:word' }],
    [
      'a URL',
      'r.example/a:1',
      { 'https://r.example/v1/': { username: 'u', password: 'p' } },
      { username: 'u', password: 'p' },
    ],
    [
      'Docker Hub',
      'a:1',
      { 'https://index.docker.io/v1/': { username: 'u', password: 'p' } },
      { username: 'u', password: 'p' },
    ],
    ['another host', 'r.example/a:1', { 'r.other': { auth: encoded } }, undefined],
  ])('%s', (_name, reference, auths, expected) => {
    expect(credentialsFor(reference, [secret(auths)])).toEqual([expected])
  })

  it('passes over a broken secret', () => {
    expect(credentialsFor('r.example/a:1', ['no json'])).toEqual([undefined])
  })

  it.each([
    ['a', 'docker.io'],
    ['team/a:1', 'docker.io'],
    ['localhost/a', 'localhost'],
    ['127.0.0.1:5000/a', '127.0.0.1:5000'],
  ])('the registry of %s is %s', (reference, host) => {
    expect(registryHost(reference)).toBe(host)
  })
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

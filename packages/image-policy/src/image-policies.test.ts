import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { InformerSet, type KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import { startRegistry, type TestRegistry } from '@slipway/registry/testing'
import { RegistryClient } from '@slipway/registry-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ImagePolicies } from './image-policies.ts'
import { CLUSTER_IMAGE_POLICY } from './kind.ts'

const namespace = 'slipway-system'
const HOST = 'images.example.test'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const SIGNED_STATEMENT = 'https://sigstore.dev/cosign/sign/v1'

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const others = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let registry: TestRegistry
let images: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  images = new RegistryClient({
    resolveHost: () => registry.url,
    credentials: () => ({ username: 'developer', password: 'secret' }),
  })
})
afterAll(async () => {
  await registry.stop()
  await registry.remove()
})

let api: MemoryApiServer
let client: KubeClient
let informers: InformerSet
let policies: ImagePolicies
const logged: string[] = []
beforeEach(async () => {
  api = new MemoryApiServer([
    { apiVersion: 'v1', kind: 'Event', plural: 'events' },
    { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
    { ...CLUSTER_IMAGE_POLICY, plural: 'clusterimagepolicies', namespaced: false },
  ])
  client = await api.start()
  informers = new InformerSet(client)
  logged.length = 0
  policies = new ImagePolicies({ client, informers, log: (_level, text) => logged.push(text) }, { namespace })
  await policies.controller.start()
})
afterEach(async () => {
  await policies.controller.stop()
  await informers.stop()
  await client.close()
  await api.stop()
})

let names = 0
/** An image of a repository of its own, by its digest. */
async function pushImage(): Promise<{ repository: string; reference: string; digest: string }> {
  const repository = `team/app-${names++}`
  const digest = await registry.client.pushImage(repository, '1')
  return { repository, reference: `${HOST}/${repository}:1`, digest }
}

interface Layer {
  mediaType: string
  bytes: Buffer
  annotations?: Record<string, string>
}

/** Stores an artifact the way cosign does, under a tag or as a referrer. */
async function attach(
  repository: string,
  layer: Layer,
  place: { tag: string } | { subject: string; artifactType: string },
): Promise<void> {
  const at = { host: HOST, repository }
  const config = Buffer.from('{}')
  await images.pushBlob(at, config)
  await images.pushBlob(at, layer.bytes)
  const { mediaType, bytes, annotations } = layer
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      ...('subject' in place && {
        artifactType: place.artifactType,
        subject: { mediaType: MANIFEST, digest: place.subject, size: 1 },
      }),
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: 2 },
      layers: [{ mediaType, digest: sha256(bytes), size: bytes.length, ...(annotations && { annotations }) }],
    }),
  )
  await images.putManifest(
    'tag' in place ? { ...at, tag: place.tag } : { ...at, digest: sha256(manifest) },
    manifest,
    MANIFEST,
  )
}

/** As `cosign sign --key` (cosign, specs/SIGNATURE_SPEC.md). */
function simpleSigning(digest: string, key: KeyObject): Layer {
  const bytes = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': '' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  )
  return {
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    bytes,
    annotations: { 'dev.cosignproject.cosign/signature': sign('sha256', bytes, key).toString('base64') },
  }
}

/** As cosign 3: a bundle around an envelope around a statement. */
function bundle(digest: string, key: KeyObject, predicateType = SIGNED_STATEMENT): Layer {
  const payload = Buffer.from(
    JSON.stringify({ subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }], predicateType, predicate: {} }),
  )
  const type = 'application/vnd.in-toto+json'
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload])
  const dsseEnvelope = {
    payloadType: type,
    payload: payload.toString('base64'),
    signatures: [{ sig: sign('sha256', signed, key).toString('base64') }],
  }
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
  return { mediaType, bytes: Buffer.from(JSON.stringify({ mediaType, dsseEnvelope })) }
}

const sigTag = (digest: string): string => `${digest.replace(':', '-')}.sig`
const asBundle = (digest: string) => ({
  subject: digest,
  artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
})

async function createPolicy(spec: object, name = 'signed'): Promise<void> {
  await client.create({ ...CLUSTER_IMAGE_POLICY, metadata: { name }, spec })
  await expect.poll(() => informers.for(CLUSTER_IMAGE_POLICY).get({ name })).toBeDefined()
}

const signedBy = (key: KeyObject, more: object = {}): object => ({
  images: [{ glob: `${HOST}/team/**` }],
  authorities: [{ name: 'team', key: { data: pem(key) } }],
  ...more,
})

const admit = ({ reference, digest }: { reference: string; digest: string }): Promise<void> =>
  policies.admit({ reference, digest, registry: images, signal: new AbortController().signal })

const refused = { code: 'IMAGE_POLICY_REFUSED' }

describe('a policy', () => {
  it('admits an image that is signed under the tag of its digest', async () => {
    const image = await pushImage()
    await attach(image.repository, simpleSigning(image.digest, ours.privateKey), { tag: sigTag(image.digest) })
    await createPolicy(signedBy(ours.publicKey))

    await admit(image)
  })

  it.each([
    [
      'a signature',
      (digest: string) => simpleSigning(digest, ours.privateKey),
      'application/vnd.dev.cosign.artifact.sig.v1+json',
    ],
    ['a bundle', (digest: string) => bundle(digest, ours.privateKey), 'application/vnd.dev.sigstore.bundle.v0.3+json'],
  ])('admits an image that %s refers to', async (_, layer, artifactType) => {
    const image = await pushImage()
    await attach(image.repository, layer(image.digest), { subject: image.digest, artifactType })
    await createPolicy(signedBy(ours.publicKey))

    await admit(image)
  })

  it('refuses an image without a signature, and says which policy', async () => {
    const image = await pushImage()
    await createPolicy(signedBy(ours.publicKey))

    await expect(admit(image)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('ClusterImagePolicy signed: the image has no signature'),
    })
  })

  it.each<[string, (digest: string, other: string) => Layer]>([
    ['by somebody else', (digest) => simpleSigning(digest, others.privateKey)],
    ['of another image', (_digest, other) => simpleSigning(other, ours.privateKey)],
    ['that was changed', (digest) => ({ ...simpleSigning(digest, ours.privateKey), bytes: Buffer.from('{}') })],
    ['that is no signature', (digest) => ({ ...simpleSigning(digest, ours.privateKey), annotations: {} })],
    ['in a bundle by somebody else', (digest) => bundle(digest, others.privateKey)],
    ['in a bundle of another image', (_digest, other) => bundle(other, ours.privateKey)],
    ['that only attests something', (digest) => bundle(digest, ours.privateKey, 'https://slsa.dev/provenance/v1')],
  ])('refuses a signature %s', async (_, layer) => {
    const [image, other] = [await pushImage(), await pushImage()]
    await attach(image.repository, layer(image.digest, other.digest), { tag: sigTag(image.digest) })
    await attach(image.repository, layer(image.digest, other.digest), asBundle(image.digest))
    await createPolicy(signedBy(ours.publicKey))

    await expect(admit(image)).rejects.toMatchObject(refused)
  })

  it('is not about images that it does not name', async () => {
    const image = await pushImage()
    await createPolicy(signedBy(ours.publicKey, { images: [{ glob: `${HOST}/team/*:2` }, { glob: 'docker.io/**' }] }))

    await admit(image)
  })

  it('only warns when that is its mode', async () => {
    const image = await pushImage()
    await createPolicy(signedBy(ours.publicKey, { mode: 'warn' }))

    await admit(image)

    expect(logged.join()).toContain('the image has no signature')
  })

  it('takes keys from a Secret, and admits nothing without it', async () => {
    const image = await pushImage()
    await attach(image.repository, simpleSigning(image.digest, ours.privateKey), { tag: sigTag(image.digest) })
    await createPolicy(signedBy(ours.publicKey, { authorities: [{ key: { secretRef: { name: 'cosign' } } }] }))
    await expect(admit(image)).rejects.toMatchObject(refused)

    await client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cosign', namespace },
      data: { 'cosign.pub': btoa(pem(ours.publicKey)), 'cosign.key': btoa('private') },
    })

    await vi.waitFor(() => admit(image), 15_000)
  })

  it.each<[string, object]>([
    ['keyless', { keyless: { identities: [] } }],
    ['attestations', { key: { data: pem(ours.publicKey) }, attestations: [{ name: 'sbom' }] }],
    ['kms', { key: { kms: 'azurekms://vault/key' } }],
    ['no public key', { key: { data: 'nonsense' } }],
  ])('admits nothing where it asks for what is not understood, and says so: %s', async (what, authority) => {
    const image = await pushImage()
    await attach(image.repository, simpleSigning(image.digest, ours.privateKey), { tag: sigTag(image.digest) })
    await createPolicy(signedBy(ours.publicKey, { authorities: [authority] }))

    await expect(admit(image)).rejects.toMatchObject({ ...refused, message: expect.stringContaining(what) })
    const signed = { ...CLUSTER_IMAGE_POLICY, name: 'signed' }
    await expect.poll(async () => JSON.stringify((await client.get(signed))?.status) ?? '').toContain(what)
  })

  it('has to be content together with every other that covers the image', async () => {
    const image = await pushImage()
    await attach(image.repository, simpleSigning(image.digest, ours.privateKey), { tag: sigTag(image.digest) })
    await createPolicy(signedBy(ours.publicKey))
    await createPolicy({ images: [{ glob: '**' }], authorities: [{ static: { action: 'fail' } }] }, 'none')

    await expect(admit(image)).rejects.toMatchObject({ ...refused, message: expect.stringContaining('none') })
  })
})

import { UserError } from '@slipway/errors'
import type { Descriptor, ImageManifest, Reference } from '@slipway/oci-format'
import type { RegistryClient } from '../registry-client.ts'
import { type Proof, predicateTypeOf } from './proof.ts'

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json'
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(\.v0\.\d+\+json|\+json;version=0\.\d+)$/
const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature'
/** The statement that says no more than "signed" (cosign 3). */
const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'
/** Manifests about one image that are looked at, and layers of each: whoever may push could attach any number. */
const MANIFESTS = 64
const LAYERS = 64

export interface Attached {
  kind: 'signature' | 'attestation'
  /** Of the manifest that holds it. */
  manifest: string
  /** By which it was found: a tag of cosign's scheme, such as `sha256-….sig`, or the referrers of the image. */
  foundBy: string
  /** Of an attestation. */
  predicateType?: string
  proof: Proof
}

/**
 * The signatures and attestations of an image, in all places where cosign puts them: its tags `sha256-….sig` and `.att`, and the
 * image's referrers. What is none of cosign's is passed over. Throws what RegistryClient does.
 */
export async function attachedTo(
  client: RegistryClient,
  image: Reference & { digest: string },
  signal?: AbortSignal,
): Promise<Attached[]> {
  const { host, repository, digest } = image
  const tags = ['sig', 'att'].map((suffix) => `${digest.replace(':', '-')}.${suffix}`)
  const referrers = await client.listReferrers(image, signal)
  const places = [
    ...tags.map((tag) => ({ reference: { host, repository, tag }, foundBy: tag })),
    ...referrers
      .filter(isCosigns)
      .slice(0, MANIFESTS)
      .map((found) => ({ reference: { host, repository, digest: found.digest }, foundBy: 'referrers' })),
  ]
  const found = new Map<string, Attached[]>()
  for (const { reference, foundBy } of places) {
    const fetched = await unlessMissing(client.getManifest(reference, signal))
    if (fetched?.manifest.kind !== 'image' || found.has(fetched.digest)) continue
    found.set(
      fetched.digest,
      await readManifest(client, fetched.manifest, { reference, manifest: fetched.digest, foundBy, signal }),
    )
  }
  return [...found.values()].flat()
}

const isCosigns = ({ artifactType = '' }: Descriptor): boolean =>
  artifactType.startsWith('application/vnd.dev.cosign.') || BUNDLE.test(artifactType) || artifactType === ENVELOPE

interface Place {
  reference: Reference
  manifest: string
  foundBy: string
  signal: AbortSignal | undefined
}

async function readManifest(client: RegistryClient, { layers }: ImageManifest, place: Place): Promise<Attached[]> {
  const found: Attached[] = []
  for (const layer of layers.slice(0, LAYERS)) {
    if (layer.mediaType !== SIMPLE_SIGNING && layer.mediaType !== ENVELOPE && !BUNDLE.test(layer.mediaType)) continue
    const bytes = await client.readBlob(place.reference, layer.digest, place.signal)
    const proof = readProof(layer, bytes)
    if (!proof) continue
    const predicateType = predicateTypeOf(proof)
    const isAttestation = proof.format === 'dsse' && predicateType !== SIGN_PREDICATE
    const { manifest, foundBy } = place
    found.push({
      kind: isAttestation ? 'attestation' : 'signature',
      manifest,
      foundBy,
      ...(isAttestation && predicateType !== undefined && { predicateType }),
      proof,
    })
  }
  return found
}

function readProof({ mediaType, annotations }: Descriptor, bytes: Buffer): Proof | undefined {
  if (mediaType === SIMPLE_SIGNING) {
    const signature = Buffer.from(annotations?.[SIGNATURE_ANNOTATION] ?? '', 'base64')
    return { format: 'simple signing', payload: bytes, signature }
  }
  const value = parseObject(bytes)
  return readEnvelope(mediaType === ENVELOPE ? value : value?.dsseEnvelope)
}

function readEnvelope(value: unknown): Proof | undefined {
  const { payloadType, payload, signatures } = (value ?? {}) as Record<string, unknown>
  if (typeof payloadType !== 'string' || typeof payload !== 'string' || !Array.isArray(signatures)) return undefined
  const texts = signatures.map((signature: { sig?: unknown } | null) => String(signature?.sig ?? ''))
  return {
    format: 'dsse',
    payloadType,
    payload: Buffer.from(payload, 'base64'),
    signatures: texts.map((text) => Buffer.from(text, 'base64')),
  }
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof UserError && error.code === 'REGISTRY_NOT_FOUND') return undefined
    throw error
  }
}

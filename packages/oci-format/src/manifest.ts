import { UserError } from '@slipway/errors'
import { isDigest } from './digest.ts'
import { isIndexMediaType, mediaTypes } from './media-types.ts'

/** Names content by what it is, its digest and its size in bytes (image-spec, descriptor.md). */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  artifactType?: string
  annotations?: Record<string, string>
  urls?: string[]
  platform?: { architecture: string; os: string; variant?: string }
}

export interface ImageManifest {
  kind: 'image'
  mediaType: string
  artifactType?: string
  config: Descriptor
  layers: Descriptor[]
  subject?: Descriptor
  annotations: Record<string, string>
}

export interface ImageIndex {
  kind: 'index'
  mediaType: string
  artifactType?: string
  manifests: Descriptor[]
  subject?: Descriptor
  annotations: Record<string, string>
}

export type Manifest = ImageManifest | ImageIndex

type Fields = Record<string, unknown>

/**
 * Reads an image manifest or an index, of OCI or of Docker's schema 2. `declared` is the Content-Type it came with; it has to
 * agree with the manifest's own mediaType. Unknown fields are let pass. Throws UserError MANIFEST_INVALID.
 */
export function parseManifest(text: string, declared?: string): Manifest {
  const fields = parseObject(text)
  if (fields.schemaVersion !== 2) throw invalid('schemaVersion must be 2')
  const own = optionalString(fields.mediaType, 'mediaType')
  if (declared && own && declared !== own) throw invalid(`mediaType is ${own} but it was sent as ${declared}`)
  const mediaType = own ?? declared ?? (fields.manifests === undefined ? mediaTypes.ociManifest : mediaTypes.ociIndex)
  const artifactType = optionalString(fields.artifactType, 'artifactType')
  const shared = {
    mediaType,
    annotations: annotationsOf(fields.annotations, 'annotations') ?? {},
    ...(artifactType !== undefined && { artifactType }),
    ...(fields.subject !== undefined && { subject: descriptor(fields.subject, 'subject') }),
  }
  if (isIndexMediaType(mediaType)) {
    if (fields.config !== undefined || fields.layers !== undefined)
      throw invalid('an index has no config and no layers')
    return { kind: 'index', ...shared, manifests: descriptors(fields.manifests, 'manifests') }
  }
  if (mediaType !== mediaTypes.ociManifest && mediaType !== mediaTypes.dockerManifest) {
    throw invalid(`${mediaType} is no manifest type that is known here`)
  }
  if (fields.manifests !== undefined) throw invalid('an image manifest has no manifests')
  return {
    kind: 'image',
    ...shared,
    config: descriptor(fields.config, 'config'),
    layers: descriptors(fields.layers, 'layers'),
  }
}

/** What a referrers list shows as the artifact type: the manifest's own, or its config's type (image-spec, manifest.md). */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  return manifest.artifactType ?? (manifest.kind === 'image' ? manifest.config.mediaType : undefined)
}

function parseObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    if (isFields(value)) return value
  } catch (error) {
    throw invalid('it is no JSON', error)
  }
  throw invalid('it is no JSON object')
}

function descriptors(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`${where} must be a list`)
  return value.map((item, index) => descriptor(item, `${where}[${index}]`))
}

function descriptor(value: unknown, where: string): Descriptor {
  if (!isFields(value)) throw invalid(`${where} must be an object`)
  const { mediaType, digest, size } = value
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`${where}.mediaType must be a text`)
  if (typeof digest !== 'string' || !isDigest(digest))
    throw invalid(`${where}.digest must be a sha256 or sha512 digest`)
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(`${where}.size must be a number of bytes`)
  const artifactType = optionalString(value.artifactType, `${where}.artifactType`)
  const annotations = annotationsOf(value.annotations, `${where}.annotations`)
  return {
    mediaType,
    digest,
    size: size as number,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
    ...(Array.isArray(value.urls) && { urls: value.urls.filter((url) => typeof url === 'string') }),
    ...(isFields(value.platform) && { platform: value.platform as unknown as NonNullable<Descriptor['platform']> }),
  }
}

function annotationsOf(value: unknown, where: string): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined
  if (!isFields(value) || Object.values(value).some((text) => typeof text !== 'string')) {
    throw invalid(`${where} must map texts to texts`)
  }
  return value as Record<string, string>
}

function optionalString(value: unknown, where: string): string | undefined {
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw invalid(`${where} must be a text`)
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(why: string, cause?: unknown): UserError {
  return new UserError('MANIFEST_INVALID', `the manifest is invalid: ${why}`, cause === undefined ? {} : { cause })
}

import type { KeyObject } from 'node:crypto'
import { formatReference, type ImageManifest, isIndexMediaType, mediaTypes, type Reference } from '@slipway/oci-format'
import { type Attached, attachedTo, type FetchedManifest, proves, type RegistryClient } from '@slipway/registry-client'

/** What `slipway registry inspect` shows. */
export interface ImageDescription {
  name: string
  digest: string
  mediaType: string
  artifactType?: string
  /** Bytes of config and layers. */
  size?: number
  platform?: string
  created?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  /** Chart.yaml, of a chart. */
  chart?: { name: string; version: string; description?: string; appVersion?: string }
  layers?: { digest: string; mediaType: string; size: number }[]
  /** Of an index. */
  manifests?: { digest: string; mediaType: string; platform?: string }[]
  referrers: { digest: string; artifactType?: string }[]
  /** Those of cosign. */
  signatures: SignatureDescription[]
}

export interface SignatureDescription extends Omit<Attached, 'proof'> {
  /** Whether the holder of one of the keys made it, of this image; absent without keys. */
  verified?: boolean
}

interface Config {
  architecture?: string
  os?: string
  variant?: string
  created?: string
  config?: { Labels?: Record<string, string> | null }
  name?: string
  version?: string
  description?: string
  appVersion?: string
}

/** A config is JSON and small; what is larger is none. */
const CONFIG_LIMIT = 4 * 1024 * 1024

/** Reads what an image is and what is attached to it; signatures are tried with the keys. Throws what RegistryClient does. */
export async function describeImage(
  client: RegistryClient,
  reference: Reference,
  keys: readonly KeyObject[] = [],
): Promise<ImageDescription> {
  const fetched = await client.getManifest(reference)
  const { manifest, digest, mediaType } = fetched
  const referrers = await client.listReferrers({ ...reference, digest })
  const attached = await attachedTo(client, { ...reference, digest })
  const { tag, digest: _, ...place } = reference
  return {
    name: formatReference({ ...place, ...(tag !== undefined && { tag }) }),
    digest,
    mediaType,
    ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
    ...(Object.keys(manifest.annotations).length > 0 && { annotations: manifest.annotations }),
    ...(manifest.kind === 'image' ? await describeParts(client, reference, manifest) : describeIndex(fetched)),
    referrers: referrers.map(({ digest: about, artifactType }) => ({
      digest: about,
      ...(artifactType !== undefined && { artifactType }),
    })),
    signatures: attached.map(({ proof, ...found }) => ({
      ...found,
      ...(keys.length > 0 && { verified: proves(proof, digest, keys) }),
    })),
  }
}

function describeIndex({ manifest }: FetchedManifest): Partial<ImageDescription> {
  if (manifest.kind !== 'index') return {}
  return {
    manifests: manifest.manifests.map(({ digest, mediaType, platform }) => ({
      digest,
      mediaType,
      ...(platform && { platform: platformText(platform) }),
    })),
  }
}

async function describeParts(
  client: RegistryClient,
  reference: Reference,
  { config: descriptor, layers }: ImageManifest,
): Promise<Partial<ImageDescription>> {
  const config = await readConfig(client, reference, descriptor)
  const { created, architecture, os, variant, name, version, description, appVersion } = config
  const labels = config.config?.Labels ?? {}
  const isChart = descriptor.mediaType === mediaTypes.helmConfig
  return {
    size: layers.reduce((sum, { size }) => sum + size, descriptor.size),
    layers: layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
    ...(architecture && os && { platform: platformText({ architecture, os, ...(variant && { variant }) }) }),
    ...(created && { created }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(isChart &&
      name &&
      version && { chart: { name, version, ...(description && { description }), ...(appVersion && { appVersion }) } }),
  }
}

async function readConfig(
  client: RegistryClient,
  reference: Reference,
  { digest, size, mediaType }: { digest: string; size: number; mediaType: string },
): Promise<Config> {
  if (size > CONFIG_LIMIT || isIndexMediaType(mediaType)) return {}
  const bytes = await client.readBlob(reference, digest)
  try {
    return JSON.parse(bytes.toString('utf8')) as Config
  } catch {
    // The config of another kind of artifact may be anything.
    return {}
  }
}

function platformText({ os, architecture, variant }: { os: string; architecture: string; variant?: string }): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}

import { formatReference, type ImageManifest, isIndexMediaType, mediaTypes, type Reference } from '@slipway/oci-format'
import type { FetchedManifest, RegistryClient } from '@slipway/registry-client'
import { formatBytes } from '../table.ts'

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

export async function describeImage(client: RegistryClient, reference: Reference): Promise<ImageDescription> {
  const fetched = await client.getManifest(reference)
  const { manifest, digest, mediaType } = fetched
  const referrers = await client.listReferrers({ ...reference, digest })
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
  }
}

/** Lines for people. */
export function descriptionText(description: ImageDescription): string {
  const { chart, layers = [], manifests = [], referrers, labels = {}, annotations = {} } = description
  const fields: [string, string | undefined][] = [
    ['Name', description.name],
    ['Digest', description.digest],
    ['Media type', description.mediaType],
    ['Artifact type', description.artifactType],
    ['Chart', chart && `${chart.name} ${chart.version}${chart.appVersion ? ` (app version ${chart.appVersion})` : ''}`],
    ['Description', chart?.description],
    ['Platform', description.platform],
    ['Created', description.created],
    ['Size', description.size === undefined ? undefined : formatBytes(description.size)],
  ]
  const lines = fields.flatMap(([name, value]) => (value ? `${`${name}:`.padEnd(15)}${value}` : []))
  const section = (title: string, rows: string[]): string[] =>
    rows.length > 0 ? [`${title}:`, ...rows.map((row) => `  ${row}`)] : []
  return [
    ...lines,
    ...section('Labels', pairs(labels)),
    ...section('Annotations', pairs(annotations)),
    ...section(
      'Layers',
      layers.map(({ digest, size, mediaType }) => `${digest}  ${formatBytes(size).padStart(9)}  ${mediaType}`),
    ),
    ...section(
      'Manifests',
      manifests.map(({ digest, platform = '', mediaType }) => `${digest}  ${platform.padEnd(14)}  ${mediaType}`),
    ),
    ...section(
      'Referrers',
      referrers.map(({ digest, artifactType = '' }) => `${digest}  ${artifactType}`),
    ),
  ].join('\n')
}

function pairs(texts: Record<string, string>): string[] {
  return Object.entries(texts).map(([key, value]) => `${key}=${value}`)
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

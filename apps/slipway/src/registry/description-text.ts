import { formatBytes } from '../table.ts'
import type { ImageDescription, SignatureDescription } from './describe-image.ts'

/** Lines for people. */
export function descriptionText(description: ImageDescription): string {
  const { chart, layers = [], manifests = [], referrers, signatures, labels = {}, annotations = {} } = description
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
    ...section('Signatures', signatures.map(signatureText)),
  ].join('\n')
}

function pairs(texts: Record<string, string>): string[] {
  return Object.entries(texts).map(([key, value]) => `${key}=${value}`)
}

function signatureText({ kind, manifest, predicateType, verified }: SignatureDescription): string {
  const verdict = verified === undefined ? '' : verified ? 'verified' : 'NOT VERIFIED'
  return [manifest, [kind, predicateType].filter(Boolean).join(' '), verdict].filter(Boolean).join('  ')
}

import { stringify } from '@slipway/go-yaml'
import { type ImageManifest, isChartLayer, mediaTypes } from '@slipway/oci-format'
import type { ChartRecord } from '../metadata/changes.ts'

/** A Helm config is Chart.yaml as JSON; it is never this large. */
const CONFIG_LIMIT = 1024 * 1024

/** What index.yaml needs of an OCI chart; undefined when the config or the layers are not those of a chart. */
export function chartRecordOf(manifest: ImageManifest, config: Buffer): ChartRecord | undefined {
  const layer = manifest.layers.find(({ mediaType }) => isChartLayer(mediaType))
  const provenance = manifest.layers.find(({ mediaType }) => mediaType === mediaTypes.helmProvenance)
  const metadata = config.length <= CONFIG_LIMIT ? parseMetadata(config) : undefined
  if (!layer || !metadata) return undefined
  return { metadata, layer: layer.digest, ...(provenance && { provenance: provenance.digest }) }
}

/** Whether a chart can be listed: a name as Helm takes it, and a SemVer version, of which Helm lets a leading v pass. */
export function isChartMetadata(value: unknown): value is ChartRecord['metadata'] {
  const { name, version } = (value ?? {}) as Partial<ChartRecord['metadata']>
  if (typeof name !== 'string' || !/^[a-zA-Z0-9._-]+$/.test(name)) return false
  return typeof version === 'string' && /^v?\d+(\.\d+){0,2}([-+][0-9A-Za-z.+-]+)?$/.test(version)
}

function parseMetadata(config: Buffer): ChartRecord['metadata'] | undefined {
  try {
    const value: unknown = JSON.parse(config.toString('utf8'))
    if (!isChartMetadata(value)) return undefined
    // What cannot be written would spoil the index for all other charts.
    stringify(value)
    return value
  } catch {
    // A registry stores any artifact; one that claims to be a chart and is none is only left out of the index.
    return undefined
  }
}

import { UserError } from '@slipway/errors'
import { stringify } from '@slipway/go-yaml'
import { metadataJson, parseMetadata, validateMetadata } from '@slipway/helm-chart'
import { type ImageManifest, isChartLayer, mediaTypes } from '@slipway/oci-format'
import type { ChartRecord } from '../metadata/changes.ts'

/** Bytes; a Helm config is Chart.yaml as JSON, and never this large. */
export const CONFIG_LIMIT = 1024 * 1024

/**
 * What index.yaml needs of an OCI chart; undefined when the config or the layers are not those of a chart, or of one with another
 * name than its repository has: in one index a name must not come from two repositories, of which somebody may push to one only.
 */
export function chartRecordOf(
  { layers }: ImageManifest,
  { config, repository }: { config: Buffer; repository: string },
): ChartRecord | undefined {
  const layer = layers.find(({ mediaType }) => isChartLayer(mediaType))
  const provenance = layers.find(({ mediaType }) => mediaType === mediaTypes.helmProvenance)
  const metadata = layer && metadataIn(config)
  if (!metadata || metadata.name.toLowerCase() !== repository.slice(repository.lastIndexOf('/') + 1)) return undefined
  return { metadata, layer: layer.digest, ...(provenance && { provenance: provenance.digest }) }
}

/**
 * Chart.yaml, or the same as JSON, as Helm reads it: the fields that it knows, each of its type. Its clients read an index strictly,
 * so one chart with anything else would spoil it for all others. Throws UserError CHART_INVALID, CHART_ARCHIVE_INVALID,
 * YAML_UNREPRESENTABLE.
 */
export function readChartMetadata(text: string): ChartRecord['metadata'] {
  // Helm takes a chart of an index without apiVersion for one of v1 (helm, repo/index.go).
  const metadata = validateMetadata({ apiVersion: 'v1', ...parseMetadata(text, 'Chart.yaml') })
  if (!/^[a-zA-Z0-9._-]+$/.test(metadata.name)) {
    throw new UserError('CHART_ARCHIVE_INVALID', `"${metadata.name}" is no name of a chart`)
  }
  const json = metadataJson(metadata) as ChartRecord['metadata']
  // As deep as it will be in the index.
  stringify({ [json.name]: [json] })
  return json
}

function metadataIn(config: Buffer): ChartRecord['metadata'] | undefined {
  try {
    return readChartMetadata(config.toString('utf8'))
  } catch (error) {
    // A registry stores any artifact; one that claims to be a chart and is none is only left out of the index.
    if (error instanceof UserError) return undefined
    throw error
  }
}

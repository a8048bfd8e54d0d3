import { TransientError, UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { type HelmRelease, placeOf, type ValuesSource } from './helm-release.ts'

type Values = Record<string, unknown>

/** What the sources of values are read with. */
export interface ValuesReader {
  client: KubeClient
  /** A file of the chart, for `chartFileRef`; undefined when it has none of that name. */
  readChartFile: (path: string) => Promise<string | undefined>
  signal: AbortSignal
}

/**
 * The values of a release: the sources of valuesFrom in order, then spec.values, each over the ones before.
 * Maps are merged, lists and scalars replaced (the Helm Operator's composeValues).
 */
export async function composeValues(release: HelmRelease, reader: ValuesReader): Promise<Values> {
  let values: Values = {}
  for (const source of valuesSources(release)) {
    const text = await readSource(release, source, reader)
    if (text !== undefined) values = mergeValues(values, parseSource(text, source, release))
  }
  return mergeValues(values, release.spec.values ?? {})
}

/** valueFileSecrets is the old form of secretKeyRef and comes first. */
function valuesSources({ spec }: HelmRelease): ValuesSource[] {
  const secrets = (spec.valueFileSecrets ?? []).map(({ name }): ValuesSource => ({ secretKeyRef: { name } }))
  return [...secrets, ...(spec.valuesFrom ?? [])]
}

/** Namespace/name of the ConfigMaps and Secrets that a release reads, as `Kind/namespace/name`. */
export function valuesDependencies(release: HelmRelease): string[] {
  const namespace = release.metadata.namespace ?? 'default'
  return valuesSources(release).flatMap(({ configMapKeyRef, secretKeyRef }) => {
    if (configMapKeyRef) return [`ConfigMap/${configMapKeyRef.namespace ?? namespace}/${configMapKeyRef.name}`]
    return secretKeyRef ? [`Secret/${secretKeyRef.namespace ?? namespace}/${secretKeyRef.name}`] : []
  })
}

async function readSource(
  release: HelmRelease,
  source: ValuesSource,
  { client, readChartFile, signal }: ValuesReader,
): Promise<string | undefined> {
  const { configMapKeyRef, secretKeyRef, externalSourceRef, chartFileRef } = source
  if (configMapKeyRef) return readKey(client, release, 'ConfigMap', configMapKeyRef)
  if (secretKeyRef) return readKey(client, release, 'Secret', secretKeyRef)
  if (externalSourceRef) {
    const response = await fetch(externalSourceRef.url, { signal }).catch((cause: unknown) => {
      throw new TransientError('VALUES_UNREACHABLE', `values at ${externalSourceRef.url} can't be read`, { cause })
    })
    if (response.ok) return response.text()
    return absent(
      release,
      externalSourceRef.optional,
      `values at ${externalSourceRef.url}: HTTP status ${response.status}`,
    )
  }
  if (chartFileRef) {
    const text = await readChartFile(chartFileRef.path)
    return text ?? absent(release, chartFileRef.optional, `the chart has no file ${chartFileRef.path}`)
  }
  return undefined
}

async function readKey(
  client: KubeClient,
  release: HelmRelease,
  kind: 'ConfigMap' | 'Secret',
  ref: NonNullable<ValuesSource['configMapKeyRef']>,
): Promise<string | undefined> {
  const namespace = ref.namespace ?? release.metadata.namespace ?? 'default'
  const key = ref.key ?? 'values.yaml'
  const object = await client.get<KubeObject>({ apiVersion: 'v1', kind, namespace, name: ref.name })
  const text: string | undefined = object?.data?.[key]
  if (text === undefined) return absent(release, ref.optional, `${kind} ${namespace}/${ref.name} has no key ${key}`)
  return kind === 'Secret' ? Buffer.from(text, 'base64').toString('utf8') : text
}

function absent(release: HelmRelease, optional: boolean | undefined, message: string): undefined {
  if (optional) return undefined
  throw new UserError('VALUES_NOT_FOUND', message, {
    at: placeOf(release),
    hint: 'create it or mark the source as optional',
  })
}

function parseSource(text: string, source: ValuesSource, release: HelmRelease): Values {
  const name = source.secretKeyRef?.name ?? source.configMapKeyRef?.name ?? source.chartFileRef?.path ?? 'values'
  const value = parse(text, { file: name })
  if (value === null || value === undefined) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Values
  throw new UserError('VALUES_INVALID', `the values of ${name} are not a map`, {
    at: placeOf(release),
  })
}

function mergeValues(under: Values, over: Values): Values {
  const merged: Values = Object.assign(Object.create(null), under)
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key]
    merged[key] = isMap(before) && isMap(value) ? mergeValues(before, value) : value
  }
  return merged
}

const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value)

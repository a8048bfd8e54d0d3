import type { Chart } from '../chart/chart.ts'
import { metadataJson } from '../chart/metadata-json.ts'
import { lockJson } from '../chart/package.ts'
import { fromBase64, toBase64 } from '../encoding.ts'
import type { Platform } from '../platform.ts'
import type { Hook, HookEvent } from '../render/manifests.ts'
import type { RenderedChart } from '../render/render.ts'
import type { Values } from '../values/value.ts'

export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback'

/** How the last run of a hook went. */
export interface HookExecution {
  /** RFC 3339. */
  readonly started_at?: string
  readonly completed_at?: string
  readonly phase: '' | 'Unknown' | 'Running' | 'Succeeded' | 'Failed'
}

/** A hook as releases store it. */
export interface ReleaseHook {
  readonly name?: string
  readonly kind?: string
  readonly path?: string
  readonly manifest?: string
  readonly events?: readonly HookEvent[]
  readonly last_run: HookExecution
  readonly weight?: number
  readonly delete_policies?: readonly string[]
  readonly output_log_policies?: readonly string[]
}

/** A file inside a release: its data is base64. */
export interface ReleaseFile {
  readonly name: string
  readonly data: string
}

/** A release as Helm 3 and 4 store it (package release/v1 of helm/helm). Field names are Helm's. */
export interface Release {
  readonly name: string
  readonly info: {
    /** RFC 3339. */
    readonly first_deployed: string
    readonly last_deployed: string
    /** Empty while it is not. */
    readonly deleted: string
    readonly description?: string
    readonly status: ReleaseStatus
    readonly notes?: string
  }
  readonly chart: {
    readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string }
    readonly lock: unknown
    readonly templates: readonly ReleaseFile[] | null
    readonly values: Values | null
    readonly schema: string | null
    readonly files: readonly ReleaseFile[] | null
  }
  /** The values that were given, without the chart's own. */
  readonly config?: Values
  readonly manifest?: string
  readonly hooks?: readonly ReleaseHook[]
  /** The revision. */
  readonly version: number
  readonly namespace: string
  /** How the objects were applied: on the server or by the client. */
  readonly apply_method?: 'ssa' | 'csa'
}

export interface ReleaseOptions {
  readonly name: string
  readonly namespace: string
  readonly revision: number
  /** Values that were given to the render. */
  readonly config: Values
  readonly status: ReleaseStatus
  readonly description: string
  readonly firstDeployed: Date
  readonly lastDeployed: Date
}

/** The release of a rendered chart. */
export function releaseOf(rendered: RenderedChart, options: ReleaseOptions): Release {
  const { name, namespace, revision, config, status, description, firstDeployed, lastDeployed } = options
  return {
    name,
    info: {
      first_deployed: firstDeployed.toISOString(),
      last_deployed: lastDeployed.toISOString(),
      deleted: '',
      description,
      status,
      ...(rendered.notes !== '' && { notes: rendered.notes }),
    },
    chart: chartJson(rendered.chart),
    ...(Object.keys(config).length > 0 && { config }),
    manifest: rendered.text,
    ...(rendered.hooks.length > 0 && { hooks: rendered.hooks.map(hookJson) }),
    version: revision,
    namespace,
  }
}

function chartJson(chart: Chart): Release['chart'] {
  const files = (list: Chart['files']) => list.map(({ name, data }) => ({ name, data: toBase64(data) }))
  const { name, version } = chart.metadata
  return {
    metadata: { ...metadataJson(chart.metadata), name, version },
    lock: chart.lock ? lockJson(chart.lock) : null,
    templates: files(chart.templates),
    values: chart.values,
    schema: chart.schema ? toBase64(chart.schema) : null,
    files: files(chart.files),
  }
}

function hookJson(hook: Hook): ReleaseHook {
  return {
    name: hook.head.name,
    kind: hook.head.kind,
    path: hook.source,
    manifest: hook.content,
    events: hook.events,
    last_run: { phase: '' },
    ...(hook.weight !== 0 && { weight: hook.weight }),
    ...(hook.deletePolicies.length > 0 && { delete_policies: hook.deletePolicies }),
    ...(hook.outputLogPolicies.length > 0 && { output_log_policies: hook.outputLogPolicies }),
  }
}

const maxReleaseSize = 256 * 1024 * 1024

/** A release as the value `release` of its record: base64 of gzip of JSON. (A Secret's `data` is base64 of this once more.) */
export function encodeRelease(release: Release, platform: Pick<Platform, 'gzip'>): string {
  return toBase64(platform.gzip(new TextEncoder().encode(JSON.stringify(release, bigintAsNumber))))
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

/** What Go has where a record says nothing. */
const zero = {
  name: '',
  namespace: '',
  version: 0,
  info: { first_deployed: '', last_deployed: '', deleted: '', description: '', status: 'unknown' },
  chart: { metadata: { name: '', version: '' } },
}

/** Reads what encodeRelease or Helm wrote; releases of before Helm 3 are not compressed. Throws an Error on anything else. */
export function decodeRelease(encoded: string, platform: Pick<Platform, 'gunzip'>): Release {
  const bytes = fromBase64(encoded)
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  const json = isCompressed ? platform.gunzip(bytes, maxReleaseSize) : bytes
  const release = JSON.parse(new TextDecoder().decode(json))
  if (typeof release !== 'object' || release === null) throw new Error('this is no release')
  return { ...zero, ...release }
}

/** The name of the Secret or ConfigMap that holds a revision. */
export function releaseRecordName(name: string, revision: number): string {
  return `sh.helm.release.v1.${name}.v${revision}`
}

/** The labels by which Helm finds the records of releases; times are in seconds, as text. */
export function releaseRecordLabels(release: Release, modifiedAt: Date): Record<string, string> {
  const { name, version, info } = release
  const seconds = String(Math.floor(modifiedAt.getTime() / 1000))
  return { name, owner: 'helm', status: info.status, version: String(version), modifiedAt: seconds }
}

/** The type of Secrets that hold releases. */
export const releaseSecretType = 'helm.sh/release.v1'

import { Template } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import { computedValues, type Release } from '@slipway/helm-chart'
import type { StoredRelease } from '@slipway/helm-controller'
import { print } from '../flags.ts'
import { wholeSeconds } from '../go-time.ts'
import { formatted, type OutputFormat, sorted } from '../output.ts'
import type { HelmSettings } from '../settings.ts'
import { withCluster } from './cluster.ts'
import { withoutSystemLabels } from './prepare.ts'
import { hooksText, releaseText } from './release-text.ts'
import { revisionOf } from './stored.ts'

export type ReleasePart = 'all' | 'hooks' | 'manifest' | 'metadata' | 'notes' | 'values'

/** The flags of the `helm get` commands; each has some of them. */
export interface GetFlags {
  readonly revision: number
  readonly all?: boolean
  readonly output?: OutputFormat
  readonly template?: string
}

/** `helm get PART RELEASE`. */
export async function getPart(part: ReleasePart, name: string, flags: GetFlags, settings: HelmSettings): Promise<void> {
  const stored = await withCluster(settings, (cluster) => revisionOf(cluster, name, flags.revision))
  print(parts[part](stored, flags))
}

const parts: Record<ReleasePart, (stored: StoredRelease, flags: GetFlags) => string> = {
  all: ({ release }, { template }) =>
    template === undefined ? releaseText(release, { metadata: true, debug: true }) : execute(template, release),
  hooks: ({ release }) => hooksText(release),
  manifest: ({ release }) => `${release.manifest ?? ''}\n`,
  notes: ({ release: { info } }) => (info.notes ? `NOTES:\n${info.notes}\n` : ''),
  metadata: metadataText,
  values: valuesText,
}

function valuesText({ release }: StoredRelease, { all = false, output = 'table' }: GetFlags): string {
  const values = all ? computedValues(release) : (release.config ?? null)
  const title = all ? 'COMPUTED VALUES:' : 'USER-SUPPLIED VALUES:'
  return formatted(output, sorted(values), () => `${title}\n${stringify(values)}`)
}

const applyMethods: Record<string, string> = { ssa: 'server-side apply', csa: 'client-side apply' }

interface ChartDependency {
  readonly name: string
}

function metadataText(
  { release, labels: all = {} }: StoredRelease,
  { output = 'table', revision: asked }: GetFlags,
): string {
  const { name, namespace, version: revision, info, apply_method: applyMethod } = release
  const { name: chart, version, appVersion = '', annotations = {}, dependencies = [] } = release.chart.metadata
  const deployedAt = wholeSeconds(info.last_deployed)
  const list = dependencies as ChartDependency[]
  // Helm leaves its own out where it reads one revision, and not where it looks for the last (storage/driver/secrets.go).
  const labels = asked > 0 ? withoutSystemLabels(all) : all
  const metadata = {
    name,
    chart,
    version,
    appVersion,
    ...(isFilled(annotations) && { annotations: sorted(annotations) }),
    ...(isFilled(labels) && { labels: sorted(labels) }),
    ...(list.length > 0 && { dependencies: list }),
    namespace,
    revision,
    status: info.status,
    deployedAt,
    ...(applyMethod && { applyMethod }),
  }
  const rows: [string, unknown][] = [
    ['NAME', name],
    ['CHART', chart],
    ['VERSION', version],
    ['APP_VERSION', appVersion],
    ['ANNOTATIONS', pairsText(annotations as Record<string, string>)],
    ['LABELS', pairsText(labels)],
    [
      'DEPENDENCIES',
      list
        .map((dependency) => dependency.name)
        .sort()
        .join(','),
    ],
    ['NAMESPACE', namespace],
    ['REVISION', revision],
    ['STATUS', info.status],
    ['DEPLOYED_AT', deployedAt],
    ['APPLY_METHOD', applyMethods[applyMethod ?? ''] ?? 'client-side apply (defaulted)'],
  ]
  return formatted(output, metadata, () => rows.map(([key, value]) => `${key}: ${String(value)}\n`).join(''))
}

const isFilled = (table: unknown): boolean => Object.keys(table as object).length > 0

const pairsText = (table: Readonly<Record<string, string>>): string =>
  Object.entries(table)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',')

/** `--template`: the release under the names of Go's fields. */
function execute(template: string, release: Release): string {
  const set = new Template({ functions: {} })
  set.parse('-', template)
  return set.execute('-', goFields({ Release: release }))
}

/** Keys as Go's structs name them, `first_deployed` as FirstDeployed; values that people chose keep theirs. */
function goFields(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => goFields(item))
  if (typeof value !== 'object' || value === null || key === 'Config' || key === 'Values') return value
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, inner] of Object.entries(value)) {
    const goName = name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
    fields[goName] = goFields(inner, goName)
  }
  return fields
}

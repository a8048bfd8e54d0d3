import { messageOf, UserError } from '@slipway/errors'
import { textFinder } from '@slipway/helm-chart'
import type { StoredRelease } from '@slipway/helm-controller'
import { matchesLabels, parseLabelSelector } from '@slipway/kube-objects'
import { print } from '../flags.ts'
import { timeText } from '../go-time.ts'
import { formatted, type OutputFormat, tableText } from '../output.ts'
import type { HelmSettings } from '../settings.ts'
import { withCluster } from './cluster.ts'
import { appVersionOf, chartLabel } from './stored.ts'

/** The flags of `helm list`. */
export interface ListFlags {
  readonly allNamespaces: boolean
  readonly date: boolean
  readonly deployed: boolean
  readonly failed: boolean
  readonly filter?: string
  readonly headers: boolean
  readonly max: number
  readonly offset: number
  readonly output: OutputFormat
  readonly pending: boolean
  readonly reverse: boolean
  readonly selector?: string
  readonly short: boolean
  readonly superseded: boolean
  readonly timeFormat?: string
  readonly uninstalled: boolean
  readonly uninstalling: boolean
}

/** `helm list`: the newest revision of each release. */
export async function listReleases(flags: ListFlags, settings: HelmSettings): Promise<void> {
  const all = await withCluster(settings, ({ storage, namespace }) =>
    storage.all(flags.allNamespaces ? undefined : namespace),
  )
  const releases = select(all, flags).map(({ release }) => ({
    name: release.name,
    namespace: release.namespace,
    revision: String(release.version),
    updated: timeText(release.info.last_deployed, flags.timeFormat || undefined),
    status: release.info.status,
    chart: chartLabel(release),
    app_version: appVersionOf(release),
  }))
  if (flags.short) {
    const names = releases.map(({ name }) => name)
    return print(formatted(flags.output, names, () => names.map((name) => `${name}\n`).join('')))
  }
  const head = ['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION']
  const rows = releases.map((release) => Object.values(release))
  print(formatted(flags.output, releases, () => tableText(flags.headers ? [head, ...rows] : rows)))
}

/** Those that a flag of their own asks for. */
const NAMED_STATUSES = ['deployed', 'uninstalled', 'uninstalling', 'failed', 'superseded'] as const
const STATUSES = [...NAMED_STATUSES, 'pending-install']

function select(all: readonly StoredRelease[], flags: ListFlags): StoredRelease[] {
  const filter = nameFilter(flags.filter)
  const isWanted = statusFilter(flags)
  const requirements = parseLabelSelector(flags.selector ?? '')
  const named = all.filter(({ release }) => filter(release.name))
  // Superseded revisions are never the newest: asked for alone, they are all shown.
  const onlySuperseded = STATUSES.every((status) => isWanted(status) === (status === 'superseded'))
  const found = (onlySuperseded ? named : newestOf(named))
    .filter(({ release }) => isWanted(release.info.status))
    .filter(({ labels }) => matchesLabels(labels, requirements))
    .sort(flags.date ? byDate : byName)
  if (flags.reverse) found.reverse()
  const limit = flags.max > 0 ? flags.max : found.length
  return found.slice(flags.offset, flags.offset + limit)
}

function nameFilter(filter = ''): (name: string) => boolean {
  try {
    return textFinder(filter)
  } catch (cause) {
    throw new UserError('HELM_FLAG_INVALID', messageOf(cause), { cause })
  }
}

function statusFilter(flags: ListFlags): (status: string) => boolean {
  const wanted = NAMED_STATUSES.filter((status) => flags[status])
  if (wanted.length === 0 && !flags.pending) return () => true
  return (status) => wanted.some((name) => name === status) || (flags.pending && status.startsWith('pending-'))
}

function newestOf(all: readonly StoredRelease[]): StoredRelease[] {
  const newest = new Map<string, StoredRelease>()
  for (const stored of all) {
    const { name, namespace, version } = stored.release
    const known = newest.get(`${namespace}/${name}`)
    if (!known || known.release.version < version) newest.set(`${namespace}/${name}`, stored)
  }
  return [...newest.values()]
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const byName = ({ release: a }: StoredRelease, { release: b }: StoredRelease): number =>
  compare(a.name, b.name) || compare(a.namespace, b.namespace)

const byDate = ({ release: a }: StoredRelease, { release: b }: StoredRelease): number =>
  Date.parse(a.info.last_deployed) - Date.parse(b.info.last_deployed)

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { stringify } from '@slipway/go-yaml'
import {
  type Chart,
  type Dependency,
  isInRange,
  legacyLockDigest,
  lockDigest,
  lockJson,
  packageChart,
  resolveVersion,
} from '@slipway/helm-chart'
import { readArchive, readChart } from '../chart-source.ts'
import type { ConnectionFlags } from '../flags.ts'
import { nodePlatform } from '../node-platform.ts'
import { verifyRemote } from '../provenance/fetch.ts'
import { type RemoteChart, remote, resolveReference } from '../repository/chart-reference.ts'
import { cachedIndex, updateIndexes } from '../repository/index-cache.ts'
import { isSameUrl, type RepositoryEntry, readRepositories } from '../repository/repositories-file.ts'
import type { HelmSettings } from '../settings.ts'
import { isLocal, isOci, localPath, lockDependencies, repositoryOf, withAddresses } from './resolve.ts'

/** The flags of `helm dependency build` and `update`. */
export interface DependencyOptions extends ConnectionFlags {
  readonly skipRefresh: boolean
  readonly verify?: boolean
  readonly keyring?: string
}

/** The chart whose dependencies are managed, and how. */
export interface DependencyContext {
  readonly chartPath: string
  readonly options: DependencyOptions
  readonly settings: HelmSettings
  /** Hears of each step. */
  readonly say: (text: string) => void
}

/** `helm dependency update CHART`: resolves the versions, fetches the charts, writes the lock file. */
export async function updateDependencies(context: DependencyContext): Promise<void> {
  return resolveAnew(context, false)
}

async function resolveAnew(context: DependencyContext, mayBeUnsigned: boolean): Promise<void> {
  const { chartPath, options, settings } = context
  const { metadata, lock } = readUnpacked(chartPath)
  if (!metadata.dependencies) return
  const required = withAddresses(metadata.dependencies, chartPath, settings)
  await refresh(required, context)
  const indexOf = (repository: string): ReturnType<typeof cachedIndex> => {
    const { name } = repositoryOf(repository, settings).entry
    try {
      return cachedIndex(name, settings)
    } catch (error) {
      const message = messageOf(error).replace('no cached repo found', `no cached repository for ${name} found`)
      throw new UserError('HELM_INDEX_NOT_CACHED', message, { cause: error })
    }
  }
  const locked = await lockDependencies(required, { chartPath, flags: options, settings, indexOf })
  await fetchAll(locked, { ...context, mayBeUnsigned })
  const digest = lockDigest(required, locked, nodePlatform)
  if (lock?.digest === digest) return
  const file = join(chartPath, metadata.apiVersion === 'v1' ? 'requirements.lock' : 'Chart.lock')
  const generated = nodePlatform.now().toISOString()
  writeFileSync(file, stringify(lockJson({ generated, digest, dependencies: locked })))
}

/** `helm dependency build CHART`: fetches what the lock file says; without one it is an update. */
export async function buildDependencies(context: DependencyContext): Promise<void> {
  const { chartPath, settings } = context
  const { metadata, lock } = readUnpacked(chartPath)
  if (!lock) return resolveAnew(context, true)
  const given = metadata.dependencies ?? []
  const required = withAddresses(given, chartPath, settings)
  if (lockDigest(required, lock.dependencies, nodePlatform) !== lock.digest) {
    const isV1 = metadata.apiVersion === 'v1'
    if (!isV1 || legacyLockDigest(given, nodePlatform) !== lock.digest) {
      const [lockFile, file] = isV1 ? ['requirements.lock', 'requirements.yaml'] : ['Chart.lock', 'Chart.yaml']
      throw new UserError(
        'HELM_LOCK_OUT_OF_SYNC',
        `the lock file (${lockFile}) is out of sync with the dependencies file (${file}). Please update the dependencies`,
      )
    }
  }
  checkRepositories(lock.dependencies, settings)
  if (!context.options.skipRefresh) await refreshKnown(context)
  await fetchAll(lock.dependencies, { ...context, mayBeUnsigned: true })
}

function readUnpacked(chartPath: string): Chart {
  const stats = statSync(chartPath, { throwIfNoEntry: false })
  if (!stats) {
    throw new UserError(
      'HELM_CHART_NOT_FOUND',
      `could not find ${chartPath}: stat ${chartPath}: no such file or directory`,
    )
  }
  if (!stats.isDirectory()) throw new UserError('CHART_INVALID', 'only unpacked charts can be updated')
  return readChart(chartPath)
}

function checkRepositories(dependencies: readonly Dependency[], settings: HelmSettings): void {
  const known = readRepositories(settings.repositoryConfig)
  const missing = dependencies
    .filter((dependency) => dependency.repository && !isLocal(dependency) && !isOci(dependency))
    .map(({ repository = '' }) => repository)
    .filter((repository) => !known.some(({ url }) => isSameUrl(url, repository)))
  if (missing.length === 0) return
  throw new UserError(
    'HELM_REPOSITORY_NOT_FOUND',
    `no repository definition for ${missing.join(', ')}. Please add the missing repos via 'helm repo add'`,
  )
}

/** Fetches the indexes of the repositories that the dependencies name and of those that were added. */
async function refresh(required: readonly Dependency[], context: DependencyContext): Promise<void> {
  const { options, settings, say } = context
  if (options.skipRefresh) return
  const unmanaged = new Map<string, RepositoryEntry>()
  for (const dependency of required) {
    const { repository = '' } = dependency
    if (repository === '' || isLocal(dependency) || isOci(dependency)) continue
    const { entry, isManaged } = repositoryOf(repository, settings)
    if (!isManaged) unmanaged.set(entry.name, entry)
  }
  if (unmanaged.size > 0) {
    say('Getting updates for unmanaged Helm repositories...\n')
    await updateIndexes([...unmanaged.values()], settings, say)
  }
  await refreshKnown(context)
}

async function refreshKnown({ settings, say }: DependencyContext): Promise<void> {
  const repositories = readRepositories(settings.repositoryConfig)
  if (repositories.length === 0) return
  say('Hang tight while we grab the latest from your chart repositories...\n')
  await updateIndexes(repositories, settings, say)
  say('Update Complete. ⎈Happy Helming!⎈\n')
}

/** `mayBeUnsigned`: with --verify, what has no provenance file is only warned of, as `dependency build` does. */
type FetchContext = DependencyContext & { readonly mayBeUnsigned: boolean }

/** Puts the charts into charts/ and takes out the archives of other versions. Nothing changes unless all can be had. */
async function fetchAll(locked: readonly Dependency[], context: FetchContext): Promise<void> {
  const { chartPath, say } = context
  const folder = join(chartPath, 'charts')
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UserError('CHART_INVALID', `${JSON.stringify(folder)} is not a directory`)
  }
  say(`Saving ${locked.length} charts\n`)
  const archives = new Map<string, Uint8Array>()
  try {
    for (const dependency of locked) await fetchOne(dependency, context, archives)
  } catch (error) {
    say(`Save error occurred:  ${messageOf(error)}\n`)
    throw error
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, data] of archives) {
    const fault = faultOf(join(chartPath, `tmpcharts-${process.pid}`, name), data)
    if (fault === undefined) writeFileSync(join(folder, name), data)
    else say(fault)
  }
  say('Deleting outdated charts\n')
  removeOutdated(folder, archives, locked)
}

/** What a server sent may be half of a chart, or a page; Helm passes over it and says so (downloader, safeMoveDeps). */
function faultOf(draft: string, data: Uint8Array): string | undefined {
  try {
    readArchive(draft, data)
    return undefined
  } catch (error) {
    return `Could not verify ${draft} for moving: ${messageOf(error)} (Skipping)`
  }
}

async function fetchOne(
  dependency: Dependency,
  context: FetchContext,
  archives: Map<string, Uint8Array>,
): Promise<void> {
  const { chartPath, options, settings, say } = context
  const { name, version = '', repository = '' } = dependency
  if (repository === '') {
    say(`Dependency ${name} did not declare a repository. Assuming it exists in the charts directory\n`)
    checkVersion(readChart(join(chartPath, 'charts', name)), dependency)
    return
  }
  if (isLocal(dependency)) {
    const chart = readChart(localPath(chartPath, repository))
    if (!isInRange(version, chart.metadata.version)) {
      throw new UserError('HELM_DEPENDENCY_UNRESOLVED', `can't get a valid version for dependency ${name}`)
    }
    const packed = packageChart(chart, nodePlatform)
    archives.set(packed.fileName, packed.data)
    return
  }
  const listed = isOci(dependency) ? undefined : inIndex(dependency, settings)
  if (listed && archives.has(listed.fileName)) return say(`Already downloaded ${name} from repo ${repository}\n`)
  say(`Downloading ${name} from repo ${repository}\n`)
  const reference = `${repository.replace(/\/+$/, '')}/${name}`
  try {
    const chart = listed ?? (await resolveReference(reference, { ...options, version }, settings))
    const data = await chart.fetch()
    archives.set(chart.fileName, data)
    if (options.verify) await verifyFetched(chart, data, context)
  } catch (error) {
    const url = listed?.url ?? reference
    throw new UserError('HELM_FETCH_FAILED', `could not download ${url}: ${messageOf(error)}`, { cause: error })
  }
}

async function verifyFetched(
  chart: RemoteChart,
  data: Uint8Array,
  { options, mayBeUnsigned, say }: FetchContext,
): Promise<void> {
  try {
    await verifyRemote(chart, data, options.keyring ?? '')
  } catch (error) {
    const isMissing = messageOf(error).startsWith('failed to fetch provenance')
    if (!mayBeUnsigned || !isMissing) throw error
    say(`WARNING: Verification not found for ${chart.url}: ${messageOf((error as Error).cause)}\n`)
  }
}

function inIndex(
  { name, version = '', repository = '' }: Dependency,
  settings: HelmSettings,
): ReturnType<typeof remote> {
  const { entry } = repositoryOf(repository, settings)
  const found = resolveVersion(cachedIndex(entry.name, settings, name), name, version)
  if (found) return remote(found, entry, {})
  throw new UserError(
    'HELM_DEPENDENCY_UNRESOLVED',
    `could not find : chart ${name} version ${version} not found in ${repository}`,
  )
}

function checkVersion({ metadata }: Chart, { name, version = '' }: Dependency): void {
  if (isInRange(version, metadata.version)) return
  throw new UserError(
    'HELM_DEPENDENCY_UNRESOLVED',
    `dependency ${name} at version ${metadata.version} does not satisfy the constraint ${version}`,
  )
}

function removeOutdated(folder: string, kept: ReadonlyMap<string, unknown>, locked: readonly Dependency[]): void {
  const inPlace = new Set(locked.filter(({ repository = '' }) => repository === '').map(({ name }) => name))
  for (const file of readdirSync(folder)) {
    const path = join(folder, file)
    if (statSync(path).isDirectory() || kept.has(file)) continue
    try {
      if (!inPlace.has(readChart(path).metadata.name)) rmSync(path)
    } catch {
      // What is no chart is not ours to delete.
    }
  }
}

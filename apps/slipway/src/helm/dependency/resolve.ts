import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import {
  type Dependency,
  isInRange,
  isVersion,
  parseConstraint,
  parseVersion,
  type RepositoryIndex,
} from '@slipway/helm-chart'
import { RegistryClient } from '@slipway/registry-client'
import { readChart } from '../chart-source.ts'
import type { ConnectionFlags } from '../flags.ts'
import { registryAccess } from '../network.ts'
import { nodePlatform } from '../node-platform.ts'
import { newestTag } from '../repository/chart-reference.ts'
import { isSameUrl, type RepositoryEntry, readRepositories, repositoryEntry } from '../repository/repositories-file.ts'
import type { HelmSettings } from '../settings.ts'

export const isLocal = ({ repository = '' }: Dependency): boolean => repository.startsWith('file://')
export const isOci = ({ repository = '' }: Dependency): boolean => repository.startsWith('oci://')

function fault(message: string): UserError {
  return new UserError('HELM_DEPENDENCY_UNRESOLVED', message)
}

/** The folder of a dependency that lies beside the chart. Throws UserError when there is none. */
export function localPath(chartPath: string, repository: string): string {
  const path = repository.replace(/^file:\/\//, '')
  const folder = isAbsolute(path) ? path : join(chartPath, path)
  if (existsSync(folder)) return folder
  throw fault(`directory ${folder} not found`)
}

/** The dependencies with `@name` and `alias:name` replaced by addresses. Throws UserError for repositories that nobody knows. */
export function withAddresses(
  dependencies: readonly Dependency[],
  chartPath: string,
  settings: HelmSettings,
): Dependency[] {
  const repositories = readRepositories(settings.repositoryConfig)
  const missing: string[] = []
  const resolved = dependencies.map((dependency) => {
    const { repository = '' } = dependency
    if (isLocal(dependency)) localPath(chartPath, repository)
    if (repository === '' || isLocal(dependency) || isOci(dependency)) return dependency
    const alias = /^(?:@|alias:)(.*)$/.exec(repository)?.[1]
    const known = repositories.find((entry) => entry.name === alias)
    if (known) return { ...dependency, repository: known.url }
    if (!URL.canParse(repository) || alias !== undefined) missing.push(repository)
    return dependency
  })
  if (missing.length === 0) return resolved
  const isName = missing.some((name) => !name.includes('//') && !/^(@|alias:)/.test(name))
  throw fault(
    `no repository definition for ${missing.join(', ')}. Please add them via 'helm repo add'${
      isName
        ? `\nNote that repositories must be URLs or aliases. For example, to refer to the "example"\nrepository, use "https://charts.example.com/" or "@example" instead of\n"example". Don't forget to add the repo, too ('helm repo add').`
        : ''
    }`,
  )
}

/** The repository that an address belongs to: one that was added, or one under a name that Helm makes of its address. */
export function repositoryOf(address: string, settings: HelmSettings): { entry: RepositoryEntry; isManaged: boolean } {
  const known = readRepositories(settings.repositoryConfig).find((entry) => isSameUrl(entry.url, address))
  if (known) return { entry: known, isManaged: true }
  const key = Buffer.from(nodePlatform.digest('sha256', Buffer.from(address))).toString('hex')
  return { entry: repositoryEntry(`helm-manager-${key}`, address), isManaged: false }
}

export interface ResolveContext {
  readonly chartPath: string
  readonly flags: ConnectionFlags
  readonly settings: HelmSettings
  readonly indexOf: (repository: string) => RepositoryIndex
}

/** The exact version of each dependency, as Chart.lock holds them. Throws UserError with Helm's text. */
export async function lockDependencies(
  dependencies: readonly Dependency[],
  context: ResolveContext,
): Promise<Dependency[]> {
  const locked: Dependency[] = []
  const missing: string[] = []
  for (const dependency of dependencies) {
    const { name, repository = '', version: wanted = '' } = dependency
    const version = await lockedVersion(dependency, context)
    if (version === undefined) {
      missing.push(
        `${JSON.stringify(name)} (repository ${JSON.stringify(repository)}, version ${JSON.stringify(wanted)})`,
      )
    } else locked.push({ name, repository, version })
  }
  if (missing.length === 0) return locked
  throw fault(
    `can't get a valid version for ${missing.length} subchart(s): ${missing.join(', ')}. Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml`,
  )
}

async function lockedVersion(dependency: Dependency, context: ResolveContext): Promise<string | undefined> {
  const { name, repository = '', version = '' } = dependency
  checkConstraint(name, version)
  if (repository === '') {
    localPath(context.chartPath, join('charts', name))
    return version
  }
  if (isLocal(dependency)) {
    const found = readChart(localPath(context.chartPath, repository)).metadata.version
    return isInRange(version, found) ? found : undefined
  }
  if (isOci(dependency)) {
    if (isVersion(version)) return version
    return newestInRegistry(dependency, context)
  }
  const entries = context.indexOf(repository).entries[name]
  if (!entries) throw fault(`${name} chart not found in repo ${repository}`)
  const constraint = parseConstraint(version)
  return entries.find(({ metadata, urls }) => urls.length > 0 && constraint.check(parseVersion(metadata.version)))
    ?.metadata.version
}

/** Where no tag fits, the range stays, and the download fails. */
async function newestInRegistry({ name, repository = '', version = '' }: Dependency, context: ResolveContext) {
  const client = new RegistryClient(registryAccess(context.flags, context.settings))
  try {
    const path = `${repository.slice('oci://'.length).replace(/\/+$/, '')}/${name}`
    return await newestTag(client, path, version, context.flags)
  } catch (error) {
    if (error instanceof UserError && error.code === 'CHART_NOT_FOUND') return version
    throw fault(`could not retrieve list of tags for repository ${repository}: ${messageOf(error)}`)
  }
}

function checkConstraint(name: string, version: string): void {
  try {
    parseConstraint(version)
  } catch (error) {
    throw fault(`dependency ${JSON.stringify(name)} has an invalid version/constraint format: ${messageOf(error)}`)
  }
}

import { messageOf, UserError } from '@slipway/errors'
import { parseConstraint, type RepositoryIndex, searchCharts } from '@slipway/helm-chart'
import { print } from '../flags.ts'
import { log } from '../log.ts'
import { formatted, type OutputFormat, tableText } from '../output.ts'
import type { HelmSettings } from '../settings.ts'
import { cachedIndex } from './index-cache.ts'
import { readRepositories } from './repositories-file.ts'

/** The flags of `helm search repo`. */
export interface SearchOptions {
  readonly devel: boolean
  readonly failOnNoResult: boolean
  readonly maxColWidth: number
  readonly output: OutputFormat
  readonly regexp: boolean
  readonly version?: string
  readonly versions: boolean
}

/** `helm search repo [KEYWORD...]`: looks through the cached indexes. */
export function searchRepositories(words: readonly string[], options: SearchOptions, settings: HelmSettings): void {
  const version = options.version ?? (options.devel ? '>0.0.0-0' : '')
  checkRange(version)
  const found = searchCharts(readIndexes(settings), {
    ...(words.length > 0 && { term: words.join(' ') }),
    regexp: options.regexp,
    version,
    allVersions: options.versions,
  }).map(({ name, entry }) => {
    const { version, appVersion = '', description = '' } = entry.metadata
    return { name, version, app_version: appVersion, description }
  })
  if (found.length === 0 && options.failOnNoResult) throw new UserError('HELM_NO_RESULTS', 'no results found')
  const table = (): string => {
    if (found.length === 0) return 'No results found\n'
    const rows = found.map(({ name, version, app_version, description }) => [name, version, app_version, description])
    return tableText([['NAME', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION'], ...rows], options.maxColWidth)
  }
  print(formatted(options.output, found, table))
}

function checkRange(version: string): void {
  try {
    if (version !== '') parseConstraint(version)
  } catch (cause) {
    throw new UserError('HELM_FLAG_INVALID', `an invalid version/constraint format: ${messageOf(cause)}`, { cause })
  }
}

function readIndexes(settings: HelmSettings): Map<string, RepositoryIndex> {
  const repositories = readRepositories(settings.repositoryConfig)
  if (repositories.length === 0) throw new UserError('HELM_REPOSITORY_NOT_FOUND', 'no repositories configured')
  const indexes = new Map<string, RepositoryIndex>()
  for (const { name } of repositories) {
    try {
      indexes.set(name, cachedIndex(name, settings))
    } catch (error) {
      log('WARN', 'repo is corrupt or missing', { repo: name, error: messageOf(error) })
    }
  }
  return indexes
}

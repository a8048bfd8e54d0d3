import { basename } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import {
  compareVersions,
  type IndexEntry,
  isVersion,
  parseConstraint,
  parseVersion,
  type RepositoryIndex,
  resolveVersion,
} from '@slipway/helm-chart'
import { RegistryClient } from '@slipway/registry-client'
import type { ChartFlags, ConnectionFlags } from '../flags.ts'
import { log, notice } from '../log.ts'
import { fetchFile, registryAccess } from '../network.ts'
import { registryFault } from '../registry/registry-fault.ts'
import type { HelmSettings } from '../settings.ts'
import { cachedIndex, checkRepository } from './index-cache.ts'
import { connectionOf, type RepositoryEntry, readRepositories, repositoryEntry } from './repositories-file.ts'

/** A chart that can be fetched. */
export interface RemoteChart {
  readonly fileName: string
  /** SHA-256 of the archive in hexadecimal, where the index says it. */
  readonly digest?: string
  /** Where it lies, as Helm names it. */
  readonly url: string
  readonly fetch: () => Promise<Uint8Array>
  /** The provenance file beside it. */
  readonly fetchProvenance: () => Promise<Uint8Array>
}

/** Finds the chart behind `oci://…`, an HTTP address, `REPOSITORY/CHART`, or a name with --repo. Throws UserError with Helm's text. */
export async function resolveReference(name: string, flags: ChartFlags, settings: HelmSettings): Promise<RemoteChart> {
  const version = flags.version?.trim() || (flags.devel ? '>0.0.0-0' : '')
  if (flags.repo) return inRepositoryUrl(name, { ...flags, version }, settings)
  if (name.startsWith('oci://')) return inRegistry(name, version, flags, settings)
  if (/^[a-z]+:\/\/[^/]+\/./.test(name)) return atUrl(name, flags, settings)
  return inRepository(name, version, flags, settings)
}

async function inRepositoryUrl(name: string, flags: ChartFlags, settings: HelmSettings): Promise<RemoteChart> {
  const { repo: url = '', version = '' } = flags
  // Such a repository is nobody's: its index is cached under a name made of its address.
  const entry = repositoryEntry(`url-${Buffer.from(url).toString('base64url')}`, url, {
    username: flags.username ?? '',
    password: flags.password ?? '',
    certFile: flags.certFile ?? '',
    keyFile: flags.keyFile ?? '',
    caFile: flags.caFile ?? '',
    insecure_skip_tls_verify: flags.insecureSkipTlsVerify ?? false,
    pass_credentials_all: flags.passCredentials ?? false,
  })
  const found = closest(resolveVersion(await checkRepository(entry, settings), name, version), name, version)
  const wanted = version === '' ? '' : ` version ${JSON.stringify(version)}`
  const what = `chart ${JSON.stringify(name)}${wanted}`
  if (found) return remote(found, entry, flags, what)
  throw new UserError('CHART_NOT_FOUND', `${what} not found in ${url} repository`)
}

function inRepository(name: string, version: string, flags: ChartFlags, settings: HelmSettings): RemoteChart {
  const [repository = '', ...rest] = name.split('/')
  const fail = (message: string): never => {
    throw new UserError('CHART_NOT_FOUND', message)
  }
  if (rest.length === 0) {
    return fail(`non-absolute URLs should be in form of repo_name/path_to_chart, got: ${name}`)
  }
  const entry = readRepositories(settings.repositoryConfig).find((known) => known.name === repository)
  if (!entry) return fail(`repo ${repository} not found`)
  const chart = rest.join('/')
  const index = cachedIndex(repository, settings, chart)
  const missing = (reason: string): never =>
    fail(`chart "${chart}" matching ${version} not found in ${repository} index. (try 'helm repo update'): ${reason}`)
  if (!index.entries[chart]) return missing('no chart name found')
  if (index.entries[chart].length === 0) return missing('no chart version found')
  const found = findVersion(index, chart, version, missing)
  return remote(found ?? missing(`no chart version found for ${chart}-${version}`), entry, flags)
}

function findVersion(
  index: RepositoryIndex,
  chart: string,
  version: string,
  missing: (reason: string) => never,
): IndexEntry | undefined {
  try {
    return closest(resolveVersion(index, chart, version), chart, version)
  } catch (error) {
    return missing(messageOf((error as Error).cause ?? error))
  }
}

/** Says so when a range was asked for, since another version may be meant. */
function closest(found: IndexEntry | undefined, chart: string, version: string): IndexEntry | undefined {
  if (found && version !== '' && found.metadata.version !== version) {
    log('WARN', 'unable to find exact version requested; falling back to closest available version', {
      chart,
      requested: version,
      selected: found.metadata.version,
    })
  }
  return found
}

/**
 * The archive of an index entry, fetched with the repository's own credentials, or those of the flags. `what` names the chart
 * where it can't be fetched. Throws UserError CHART_NOT_FOUND.
 */
export function remote(
  { metadata, urls, digest }: IndexEntry,
  entry: RepositoryEntry,
  flags: ChartFlags,
  what = `chart "${entry.name}/${metadata.name}"`,
): RemoteChart {
  const [first] = urls
  if (first === undefined) throw new UserError('CHART_NOT_FOUND', `${what} has no downloadable URLs`)
  const base = `${entry.url.replace(/\/+$/, '')}/`
  if (!URL.canParse(first, base)) {
    throw new UserError('CHART_NOT_FOUND', `invalid chart URL format: ${entry.name}/${metadata.name}`)
  }
  const url = new URL(first, base).href
  const connection = entry.username || !flags.username ? connectionOf(entry) : flags
  const passes = entry.pass_credentials_all || flags.passCredentials
  return {
    fileName: basename(decodeURIComponent(new URL(url).pathname)),
    ...(digest && { digest: digest.replace(/^sha256:/, '') }),
    url,
    fetch: () => fetchFile(url, connection, passes ? url : base),
    fetchProvenance: () => fetchFile(`${url}.prov`, connection, passes ? url : base),
  }
}

/** A chart at an address of its own; the repository whose index names that address lends its credentials. */
function atUrl(url: string, flags: ChartFlags, settings: HelmSettings): RemoteChart {
  const owner = flags.username ? undefined : ownerOf(url, settings)
  const connection: ConnectionFlags = owner ? connectionOf(owner) : flags
  return {
    fileName: basename(decodeURIComponent(new URL(url).pathname)),
    url,
    fetch: () => fetchFile(url, connection),
    fetchProvenance: () => fetchFile(`${url}.prov`, connection),
  }
}

function ownerOf(url: string, settings: HelmSettings): RepositoryEntry | undefined {
  return readRepositories(settings.repositoryConfig).find((entry) => {
    const base = `${entry.url.replace(/\/+$/, '')}/`
    try {
      const entries = Object.values(cachedIndex(entry.name, settings).entries).flat()
      return entries.some(({ urls }) => urls.some((known) => new URL(known, base).href === url))
    } catch {
      // A repository without a readable index owns nothing.
      return false
    }
  })
}

async function inRegistry(
  name: string,
  version: string,
  flags: ConnectionFlags,
  settings: HelmSettings,
): Promise<RemoteChart> {
  const client = new RegistryClient(registryAccess(flags, settings))
  const [, repository = '', tag] = /^oci:\/\/([^/]+\/.*?)(?::([^:/]+))?$/.exec(name) ?? []
  if (repository === '') throw new UserError('CHART_NOT_FOUND', `invalid chart URL format: ${name}`)
  if (tag !== undefined && version !== '' && version !== tag) {
    throw new UserError('HELM_FLAG_INVALID', `chart reference and version mismatch: ${version} is not ${tag}`)
  }
  const chosen = tag ?? (isVersion(version) ? version : await newestTag(client, repository, version, flags))
  // A tag cannot hold the plus sign of a version.
  const reference = `${repository}:${chosen.replaceAll('+', '_')}`
  const pulled = async (part: 'chart' | 'provenance') => {
    try {
      const { bytes, digest } = await client.pullChart(reference, { part })
      notice(`Pulled: ${reference}\nDigest: ${digest}\n`)
      return bytes
    } catch (error) {
      throw registryFault('pull', reference, flags, error)
    }
  }
  return {
    fileName: `${basename(repository)}-${chosen.replaceAll('_', '+')}.tgz`,
    url: `oci://${reference}`,
    fetch: () => pulled('chart'),
    fetchProvenance: () => pulled('provenance'),
  }
}

/** The newest version among the tags of a repository that fits; anything stable when nothing is asked for. */
export async function newestTag(
  client: RegistryClient,
  repository: string,
  version: string,
  flags: ConnectionFlags,
): Promise<string> {
  const tags = await client.listTags(repository).catch((error: unknown) => {
    throw registryFault('tags', repository, flags, error)
  })
  const constraint = parseConstraint(version === '' ? '*' : version)
  const [newest] = tags
    .map((tag) => tag.replaceAll('_', '+'))
    .filter(isVersion)
    .filter((tag) => constraint.check(parseVersion(tag)))
    .sort((a, b) => compareVersions(parseVersion(b), parseVersion(a)))
  if (newest !== undefined) return newest
  throw new UserError(
    'CHART_NOT_FOUND',
    version === ''
      ? `unable to locate any tags in provided repository: oci://${repository}`
      : `could not locate a version matching provided version string ${version}`,
  )
}

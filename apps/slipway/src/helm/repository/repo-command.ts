import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import { goJson } from '@slipway/helm-chart'
import { type ConnectionFlags, print } from '../flags.ts'
import { notice } from '../log.ts'
import { formatted, type OutputFormat, tableText } from '../output.ts'
import { readPassword } from '../registry/prompt.ts'
import type { HelmSettings } from '../settings.ts'
import { checkRepository, updateIndexes } from './index-cache.ts'
import { type RepositoryEntry, readRepositories, repositoryEntry, writeRepositories } from './repositories-file.ts'

/** The flags of `helm repo add`. */
export interface RepoAddOptions extends ConnectionFlags {
  readonly passwordStdin: boolean
  readonly forceUpdate: boolean
  readonly passCredentials: boolean
}

/** `helm repo add NAME URL`. */
export async function addRepository(
  name: string,
  url: string,
  options: RepoAddOptions,
  settings: HelmSettings,
): Promise<void> {
  const repositories = readRepositories(settings.repositoryConfig)
  const { username = '' } = options
  const password = username ? await readPassword(options, 'Password: ') : ''
  if (name.includes('/')) {
    throw new UserError(
      'HELM_ARGUMENTS_INVALID',
      `repository name (${name}) contains '/', please specify a different name without '/'`,
    )
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? ''
  if (!/^https?$/.test(scheme)) {
    throw new UserError('HELM_ARGUMENTS_INVALID', `could not find protocol handler for: ${scheme}`)
  }
  const entry = repositoryEntry(name, url, {
    username,
    password,
    certFile: options.certFile ?? '',
    keyFile: options.keyFile ?? '',
    caFile: options.caFile ?? '',
    insecure_skip_tls_verify: options.insecureSkipTlsVerify ?? false,
    pass_credentials_all: options.passCredentials,
  })
  const existing = repositories.find((repository) => repository.name === name)
  if (existing && !options.forceUpdate) {
    if (goJson(existing) !== goJson(entry)) {
      throw new UserError(
        'HELM_ARGUMENTS_INVALID',
        `repository name (${name}) already exists, please specify a different name`,
      )
    }
    return print(`"${name}" already exists with the same configuration, skipping\n`)
  }
  await checkRepository(entry, settings)
  const kept = existing
    ? repositories.map((repository) => (repository === existing ? entry : repository))
    : [...repositories, entry]
  writeRepositories(settings.repositoryConfig, kept)
  print(`"${name}" has been added to your repositories\n`)
}

/** `helm repo update [NAME...]`. */
export async function updateRepositories(names: readonly string[], settings: HelmSettings): Promise<void> {
  const repositories = readRepositories(settings.repositoryConfig)
  const fail = (message: string): never => {
    throw new UserError('HELM_REPOSITORY_NOT_FOUND', message)
  }
  if (repositories.length === 0) fail('no repositories found. You must add one before updating')
  for (const name of names) {
    if (!repositories.some((repository) => repository.name === name)) {
      fail(`no repositories found matching '${name}'.  Nothing will be updated`)
    }
  }
  const wanted = repositories.filter(({ name }) => names.length === 0 || names.includes(name))
  print('Hang tight while we grab the latest from your chart repositories...\n')
  const failed = await updateIndexes(wanted, settings, print)
  if (failed.length > 0) {
    fail(`failed to update the following repositories: [${failed.map(({ url }) => url).join(' ')}]`)
  }
  print('Update Complete. ⎈Happy Helming!⎈\n')
}

/** `helm repo list`. */
export function listRepositories(
  { output, headers }: { output: OutputFormat; headers: boolean },
  settings: HelmSettings,
): void {
  const repositories = readRepositories(settings.repositoryConfig).map(({ name, url }) => ({ name, url }))
  if (repositories.length === 0 && output === 'table') {
    notice('no repositories to show\n')
    return
  }
  const rows = repositories.map(({ name, url }) => [name, url])
  print(formatted(output, repositories, () => tableText(headers ? [['NAME', 'URL'], ...rows] : rows)))
}

/** `helm repo remove NAME...`. */
export function removeRepositories(names: readonly string[], settings: HelmSettings): void {
  for (const name of names) {
    const repositories = readRepositories(settings.repositoryConfig)
    if (repositories.length === 0) throw new UserError('HELM_REPOSITORY_NOT_FOUND', 'no repositories configured')
    const kept = repositories.filter((repository: RepositoryEntry) => repository.name !== name)
    if (kept.length === repositories.length) {
      throw new UserError('HELM_REPOSITORY_NOT_FOUND', `no repo named ${JSON.stringify(name)} found`)
    }
    writeRepositories(settings.repositoryConfig, kept)
    for (const file of ['index.yaml', 'charts.txt']) {
      rmSync(join(settings.repositoryCache, `${name}-${file}`), { force: true })
    }
    print(`"${name}" has been removed from your repositories\n`)
  }
}

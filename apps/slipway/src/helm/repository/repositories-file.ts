import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '@slipway/errors'
import { parse, stringify } from '@slipway/go-yaml'
import type { ConnectionFlags } from '../flags.ts'

/** A repository as repositories.yaml keeps it; the names are Helm's. */
export interface RepositoryEntry {
  readonly name: string
  readonly url: string
  readonly username: string
  readonly password: string
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  readonly insecure_skip_tls_verify: boolean
  readonly pass_credentials_all: boolean
}

/** The repositories that were added, oldest first; none when there is no file. Throws UserError HELM_REPOSITORIES_INVALID. */
export function readRepositories(file: string): RepositoryEntry[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  try {
    const { repositories } = (parse(text) ?? {}) as { repositories?: Partial<RepositoryEntry>[] }
    return (repositories ?? []).map(({ name = '', url = '', ...rest }) => repositoryEntry(name, url, rest))
  } catch (cause) {
    throw new UserError('HELM_REPOSITORIES_INVALID', `couldn't load repositories file (${file}).`, { cause })
  }
}

/** An entry with Helm's defaults. */
export function repositoryEntry(
  name: string,
  url: string,
  rest: Partial<Omit<RepositoryEntry, 'name' | 'url'>> = {},
): RepositoryEntry {
  return {
    name,
    url,
    username: '',
    password: '',
    certFile: '',
    keyFile: '',
    caFile: '',
    insecure_skip_tls_verify: false,
    pass_credentials_all: false,
    ...rest,
  }
}

/** Writes the file whole or not at all; it may hold passwords, so only its owner can read it. */
export function writeRepositories(file: string, repositories: readonly RepositoryEntry[]): void {
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}.tmp`
  writeFileSync(draft, stringify({ apiVersion: '', generated: '0001-01-01T00:00:00Z', repositories }), { mode: 0o600 })
  renameSync(draft, file)
}

/** How the repository's server is spoken to. */
export function connectionOf(entry: RepositoryEntry): ConnectionFlags {
  return {
    username: entry.username,
    password: entry.password,
    certFile: entry.certFile,
    keyFile: entry.keyFile,
    caFile: entry.caFile,
    insecureSkipTlsVerify: entry.insecure_skip_tls_verify,
  }
}

/** Whether two addresses are of the same repository, with or without a slash at the end. */
export function isSameUrl(a: string, b: string): boolean {
  const normal = (url: string): string => (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '')
  return normal(a) === normal(b)
}

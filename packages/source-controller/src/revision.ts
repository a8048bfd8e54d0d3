import { UserError } from '@slipway/errors'
import type { FetchOptions, GitClient } from '@slipway/git-client'
import type { GitRepository } from './git-repository-kind.ts'

/** A fetched commit, and the revision that names it for people: `master@sha1:…`. */
export interface Revision {
  commit: string
  revision: string
}

/**
 * Refuses the fields of Flux that are not supported, by name: an artifact that was not verified, or that lacks its includes,
 * would be worse than none. Throws UserError SOURCE_FIELD_UNSUPPORTED.
 */
export function checkSupported({ spec }: GitRepository): void {
  const fields = spec as unknown as Record<string, unknown>
  const unsupported = [
    'verify',
    'include',
    'sparseCheckout',
    'proxySecretRef',
    'serviceAccountName',
    'recurseSubmodules',
  ]
    .filter((field) => fields[field] !== undefined && fields[field] !== false)
    .concat(spec.ref?.semver ? ['ref.semver'] : [])
    .concat((fields.provider ?? 'generic') === 'generic' ? [] : ['provider'])
  if (unsupported.length === 0) return
  const names = unsupported.map((field) => `spec.${field}`).join(', ')
  throw new UserError('SOURCE_FIELD_UNSUPPORTED', `not supported: ${names}`, { hint: 'remove what is not supported' })
}

/** Fetches what `spec.ref` asks for; commit, name, tag, branch count in this order. Throws what {@link GitClient} throws. */
export async function fetchRevision(git: GitClient, { spec }: GitRepository, options: FetchOptions): Promise<Revision> {
  const { ref = {}, url } = spec
  if (ref.commit) {
    const commit = await git.fetch(url, { commit: ref.commit }, options)
    return { commit, revision: ref.branch ? `${ref.branch}@sha1:${commit}` : `sha1:${commit}` }
  }
  const branch = ref.branch ?? 'master'
  const [target, label] = ref.name
    ? [{ name: ref.name }, ref.name]
    : ref.tag
      ? [{ tag: ref.tag }, ref.tag]
      : [{ branch }, branch]
  const commit = await git.fetch(url, target, options)
  return { commit, revision: `${label}@sha1:${commit}` }
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a Go duration such as `1m30s` (time.ParseDuration). Throws UserError DURATION_INVALID. */
export function parseDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new UserError('DURATION_INVALID', `'${text}' is no duration`, { hint: 'write it as 5m or 1h30m' })
  }
  let total = 0
  for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
    total += Number(number) * (UNITS[unit] ?? 0)
  return total
}

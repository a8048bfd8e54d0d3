import { formatReference, manifestMediaTypes, parseReference, type Reference } from '@slipway/oci-format'
import { answerInvalid } from './errors.ts'
import type { RegistryAnswer, RegistryCall } from './registry-http.ts'

/** A repository or what is in it, as a text or taken apart. */
export type Target = string | Reference

export function read(target: Target): Reference {
  return typeof target === 'string' ? parseReference(target) : target
}

/** What calls that only read a repository have in common. */
export function pull({ host, repository }: Reference): { host: string; scope: string } {
  return { host, scope: `repository:${repository}:pull` }
}

export function push({ host, repository }: Reference): { host: string; scope: string } {
  return { host, scope: `repository:${repository}:pull,push` }
}

export function manifestCall(target: Reference): RegistryCall {
  return {
    ...pull(target),
    path: `/v2/${target.repository}/manifests/${target.digest ?? target.tag ?? 'latest'}`,
    headers: { accept: manifestMediaTypes.join(', ') },
    what: formatReference(target),
  }
}

export function headerOf({ headers }: RegistryAnswer, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Whoever answers that something was stored says so with one status (distribution-spec, "Endpoints"); a page to log in at has 200. */
export function requireStatus({ statusCode }: RegistryAnswer, expected: number, what: string): void {
  if (statusCode !== expected) throw answerInvalid(what, `the registry answered ${statusCode} where ${expected} is due`)
}

/** The next page of a list (RFC 8288 Link). */
export function nextPage(answer: RegistryAnswer): string | undefined {
  return /<([^>]+)>;\s*rel="?next"?/.exec(headerOf(answer, 'link') ?? '')?.[1]
}

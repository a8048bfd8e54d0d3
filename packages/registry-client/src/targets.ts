import { formatReference, manifestMediaTypes, parseReference, type Reference } from '@slipway/oci-format'
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

/** The next page of a list (RFC 8288 Link). */
export function nextPage(answer: RegistryAnswer): string | undefined {
  return /<([^>]+)>;\s*rel="?next"?/.exec(headerOf(answer, 'link') ?? '')?.[1]
}

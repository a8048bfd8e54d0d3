import { UserError } from '@slipway/errors'
import { isDigest } from './digest.ts'
import { isRepositoryName, isTag } from './grammar.ts'

/** An image or artifact by its full name. */
export interface Reference {
  /** Host and port of the registry, such as `docker.io` or `127.0.0.1:7080`. */
  host: string
  repository: string
  tag?: string
  digest?: string
}

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d{1,5})?$/

/**
 * Reads `[host[:port]/]repository[:tag][@digest]` as Docker does: a first part without dot, colon or `localhost` is no host,
 * the default host is docker.io and its one-part names live under `library/`. Without tag and digest the tag is `latest`.
 * Throws UserError REFERENCE_INVALID.
 */
export function parseReference(text: string): Reference {
  const [named, digest, ...more] = text.split('@')
  if (!named || more.length > 0) throw invalid(text, 'it is empty or has more than one @')
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, `${digest} is no sha256 or sha512 digest`)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : undefined
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `"${tag}" is no tag`)
  const { host, repository } = splitHost(hasTag ? named.slice(0, colon) : named)
  if (!HOST.test(host)) throw invalid(text, `"${host}" is no registry host`)
  if (!isRepositoryName(repository)) throw invalid(text, `"${repository}" is no repository name`)
  return {
    host,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest !== undefined && { digest }),
  }
}

/** The full text of a reference: the inverse of parseReference. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function splitHost(name: string): { host: string; repository: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  if (slash < 0 || !(/[.:]/.test(first) || first === 'localhost')) return onDockerHub(name)
  const repository = name.slice(slash + 1)
  return first === 'docker.io' || first === 'index.docker.io' ? onDockerHub(repository) : { host: first, repository }
}

function onDockerHub(repository: string): { host: string; repository: string } {
  return { host: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` }
}

function invalid(text: string, why: string): UserError {
  return new UserError('REFERENCE_INVALID', `"${text}" is no image reference: ${why}`, {
    hint: 'write host/repository:tag or host/repository@sha256:…, with a lower-case repository',
  })
}

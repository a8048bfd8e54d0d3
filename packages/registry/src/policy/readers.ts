import { UserError } from '@slipway/errors'
import { type KubeObject, quantityValue } from '@slipway/kube-objects'
import { hashPassword } from '../auth/callers.ts'
import { parseDuration } from './duration.ts'
import { SCOPE_ACTIONS } from './kinds.ts'
import { matcher } from './matcher.ts'
import type { RegistrySettings, Retention } from './settings.ts'

/** The data of a Secret by its name, as texts; undefined when there is none. */
export type SecretSource = (name: string) => Record<string, string> | undefined

/** What one object asks for. */
export type Part = Partial<RegistrySettings>

/** By kind; the object has been checked against the kind's schema and has its defaults. Each throws UserError REGISTRY_OBJECT_INVALID or REGISTRY_SECRET_NOT_FOUND. */
export const READERS: Record<string, (object: KubeObject, secrets: SecretSource) => Part> = {
  RegistryPolicy: (object) => ({ policies: [readPolicy(object)] }),
  RegistryCache: (object, secrets) => ({ upstreams: [readUpstream(object, secrets)] }),
  RegistryWebhook: (object, secrets) => ({ webhooks: object.spec.enabled ? [readWebhook(object, secrets)] : [] }),
  RegistryToken: (object, secrets) => ({ tokens: object.spec.enabled ? [readToken(object, secrets)] : [] }),
}

function readPolicy(object: KubeObject): RegistrySettings['policies'][number] {
  const { repositories, anonymousPull, immutableTags, quota, retention } = object.spec
  return {
    name: object.metadata.name,
    repositories,
    covers: matcher(repositories),
    anonymousPull,
    ...(immutableTags && { immutableTags: matcher(immutableTags) }),
    ...(quota !== undefined && { quota: bytesOf(object, quota) }),
    ...(retention && { retention: readRetention(retention) }),
  }
}

function readRetention({ tags, keepNewest, keepYoungerThan, keepDeployed, untaggedAfter }: KubeObject): Retention {
  return {
    tags: tags ? matcher(tags) : () => true,
    ...(keepDeployed !== undefined && { keepDeployed }),
    ...(keepNewest !== undefined && { keepNewest }),
    ...(keepYoungerThan !== undefined && { keepYoungerThan: milliseconds(keepYoungerThan) }),
    ...(untaggedAfter !== undefined && { untaggedAfter: milliseconds(untaggedAfter) }),
  }
}

function readUpstream(object: KubeObject, secrets: SecretSource): RegistrySettings['upstreams'][number] {
  const { upstream, secretRef, freshness } = object.spec as { [field: string]: string } & {
    secretRef?: { name: string }
  }
  const text = upstream ?? ''
  const url = URL.canParse(text) && /^https?:/.test(text) ? new URL(text) : undefined
  const host = url?.host ?? text
  if (!/^[A-Za-z0-9.-]+(:\d+)?$/.test(host) || (url && url.pathname !== '/')) {
    throw invalid(object, `spec.upstream: "${text}" is neither a host name nor a base URL`)
  }
  return {
    name: object.metadata.name,
    host,
    // Docker Hub's images bear another name than its API.
    url: url?.origin ?? `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`,
    freshness: milliseconds(freshness),
    ...(secretRef && { credentials: loginIn(object, requireSecret(object, secrets, secretRef.name), host) }),
  }
}

function readWebhook(object: KubeObject, secrets: SecretSource): RegistrySettings['webhooks'][number] {
  const { serviceUri, actions, scope, customHeaders = {}, headersSecretRef } = object.spec
  const secret = headersSecretRef ? requireSecret(object, secrets, headersSecretRef.name) : {}
  if (!URL.canParse(serviceUri)) throw invalid(object, `spec.serviceUri: "${serviceUri}" is no URL`)
  const headers: Record<string, string> = { ...customHeaders, ...secret }
  const wrong = Object.entries(headers).find(([name, value]) => !isHeader(name, value))
  if (wrong) throw invalid(object, `"${wrong[0]}" is no header, or its value can't be sent in one`)
  return { name: object.metadata.name, url: serviceUri, actions: new Set(actions), scope, headers }
}

function readToken(object: KubeObject, secrets: SecretSource): RegistrySettings['tokens'][number] {
  const { permissions, passwords } = object.spec as {
    permissions: { repositories: string[]; actions: string[] }[]
    passwords: { secretRef: { name: string; key: string }; expiry?: string }[]
  }
  return {
    name: object.metadata.name,
    permissions: permissions.map(({ repositories, actions }) => ({
      covers: matcher(repositories),
      actions: actions.flatMap((action) => SCOPE_ACTIONS[action] ?? []),
    })),
    passwords: passwords.map(({ secretRef: { name, key }, expiry }) => {
      const password = requireSecret(object, secrets, name)[key]
      if (!password) throw missing(object, `the Secret ${name} has no ${key}`)
      return { hash: hashPassword(password), expires: expiry ? Date.parse(expiry) : Number.POSITIVE_INFINITY }
    }),
  }
}

/** User name and password, whichever of Kubernetes' forms the Secret has. */
function loginIn(
  object: KubeObject,
  secret: Record<string, string>,
  host: string,
): { username: string; password: string } {
  const docker = secret['.dockerconfigjson']
  if (docker === undefined) {
    const { username, password } = secret
    if (username !== undefined && password !== undefined) return { username, password }
    throw missing(object, 'its Secret has no username and password')
  }
  const auths = parseJson<{ auths?: Record<string, { auth?: string }> }>(docker)?.auths ?? {}
  const entry =
    auths[host] ?? auths[`https://${host}`] ?? (host === 'docker.io' ? auths['https://index.docker.io/v1/'] : undefined)
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(entry?.auth ?? '', 'base64').toString('utf8')) ?? []
  if (username !== undefined && password !== undefined) return { username, password }
  throw missing(object, `its Secret has no login for ${host}`)
}

function parseJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

function requireSecret(object: KubeObject, secrets: SecretSource, name: string): Record<string, string> {
  const secret = secrets(name)
  if (!secret) throw missing(object, `there is no Secret ${name}`)
  return secret
}

function bytesOf(object: KubeObject, quantity: string | number): number {
  try {
    return quantityValue(quantity)
  } catch (cause) {
    throw invalid(object, `spec.quota: "${quantity}" is no quantity`, cause)
  }
}

/** The schema has admitted nothing but durations. */
function milliseconds(duration: string | undefined): number {
  return parseDuration(duration ?? '') ?? 0
}

function isHeader(name: string, value: string): boolean {
  // RFC 9110 sections 5.1 and 5.5.
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

/** That an object can't be used as it is. */
export function invalid(object: KubeObject, why: string, cause?: unknown): UserError {
  return new UserError('REGISTRY_OBJECT_INVALID', why, {
    at: placeOf(object),
    ...(cause !== undefined && { cause }),
  })
}

function missing(object: KubeObject, why: string): UserError {
  return new UserError('REGISTRY_SECRET_NOT_FOUND', why, { at: placeOf(object), hint: 'create it; it is read at once' })
}

function placeOf({ kind, metadata }: KubeObject): { object: string } {
  return { object: `${kind}/${metadata?.name}` }
}

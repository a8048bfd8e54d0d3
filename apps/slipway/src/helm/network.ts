import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import {
  bodyFault,
  connectionFault,
  HelmRepositoryClient,
  type LoginData,
  type RegistryAccess,
  type TlsOptions,
} from '@slipway/registry-client'
import type { ConnectionFlags } from './flags.ts'
import { storedLogin } from './registry/credentials.ts'
import type { HelmSettings } from './settings.ts'

/** oras-go, retry.DefaultPolicy. */
const WAITS = [250, 500, 1_000, 2_000, 3_000]

/** How registries are reached: with the credentials of the flags, or those of `helm registry login`. */
export function registryAccess(flags: ConnectionFlags, settings: HelmSettings): RegistryAccess {
  const tls = tlsOf(flags)
  const login = loginOf(flags)
  return {
    waits: WAITS,
    ...(flags.plainHttp && { resolveHost: (host: string) => `http://${host}` }),
    credentials: (host) => login ?? storedLogin(settings.registryConfig, host),
    ...(tls && { tls }),
  }
}

/** The name and password of the flags. */
export function loginOf({ username, password }: ConnectionFlags): LoginData | undefined {
  return username ? { username, password: password ?? '' } : undefined
}

function tlsOf({ caFile, certFile, keyFile, insecureSkipTlsVerify }: ConnectionFlags): TlsOptions | undefined {
  if (!caFile && !certFile && !keyFile && !insecureSkipTlsVerify) return undefined
  return {
    ...(caFile && { authorities: readFileSync(caFile, 'utf8') }),
    ...(certFile && { certificate: readFileSync(certFile, 'utf8') }),
    ...(keyFile && { key: readFileSync(keyFile, 'utf8') }),
    insecure: insecureSkipTlsVerify ?? false,
  }
}

/** Fetches a file of a web server; `base` is the repository it belongs to, the only host that sees the credentials. Throws UserError with Helm's text. */
export async function fetchFile(url: string, flags: ConnectionFlags, base = url): Promise<Buffer> {
  const login = loginOf(flags)
  const tls = tlsOf(flags)
  const { host } = new URL(base)
  const client = new HelmRepositoryClient({
    credentials: (name) => (name === host ? login : undefined),
    ...(tls && { tls }),
  })
  try {
    return await client.download(base, url)
  } catch (error) {
    throw new UserError('HELM_FETCH_FAILED', fetchFault(url, error), { cause: error })
  }
}

const statusOf: Record<string, number> = {
  REGISTRY_UNAUTHORIZED: 401,
  REGISTRY_DENIED: 403,
  REGISTRY_NOT_FOUND: 404,
}

function fetchFault(url: string, error: unknown): string {
  if (!(error instanceof SlipwayError)) return messageOf(error)
  if (error.code === 'REGISTRY_BROKEN_OFF') return bodyFault(error)
  if (error.code === 'REGISTRY_UNREACHABLE') return `Get "${url}": ${connectionFault(error)}`
  const status = statusOf[error.code] ?? Number(/answered (\d{3})/.exec(error.message)?.[1])
  return STATUS_CODES[status] === undefined
    ? error.message
    : `failed to fetch ${url} : ${status} ${STATUS_CODES[status]}`
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import { parseReference, type Reference } from '@slipway/oci-format'
import { type LoginData, type RegistryAccess, RegistryClient } from '@slipway/registry-client'
import type { GlobalOptions } from '../connect.ts'
import { DataFolder, type Instance } from '../data-folder.ts'
import { loginIn } from '../helm/registry/credentials.ts'
import { readPassword } from '../helm/registry/prompt.ts'
import { readOptionFile } from '../option-file.ts'
import { resolveAliases } from '../server/host-aliases.ts'
import { readSettings } from '../settings.ts'
import { isLoopback } from './loopback.ts'

/** The flags of every command that talks to a registry. */
export interface RegistryFlags extends GlobalOptions {
  username?: string
  password?: string
  passwordStdin?: boolean
  plainHttp?: boolean
  insecure?: boolean
  caFile?: string
}

/** A way to registries: that of this data folder by names without a host, any other by its host. */
export interface RegistryConnection {
  client: RegistryClient
  /** Reads `[HOST/]REPOSITORY[:TAG][@DIGEST]`. Throws UserError NOT_RUNNING for a name without a host when nothing runs here. */
  parse(text: string): Reference
  /** The host that is meant; without one that of this data folder. Throws UserError NOT_RUNNING. */
  host(text: string | undefined): string
}

/** Credentials are those of the flags; for the registry of this data folder its administrator's; else what docker, podman or helm keep. */
export async function connectToRegistry(flags: RegistryFlags): Promise<RegistryConnection> {
  const folder = new DataFolder(flags.data)
  const instance = folder.findInstance()
  const own = instance && new URL(instance.http).host
  const login = await loginOf(flags)
  const aliases = instance ? aliasesOf(folder, instance) : {}
  const requireOwn = (): string => {
    if (own !== undefined) return own
    throw new UserError('NOT_RUNNING', `no registry is running on ${flags.data}`, {
      hint: 'start one with: slipway registry, or name the host of another',
    })
  }
  const access: RegistryAccess = {
    resolveHost: (host) => aliases[host] ?? (isPlain(host, flags) ? `http://${host}` : undefined),
    credentials: (host) =>
      login ?? (instance && aliases[host] === instance.http ? adminOf(folder) : undefined) ?? keptLogin(host),
    ...((flags.insecure || flags.caFile) && {
      tls: {
        insecure: flags.insecure ?? false,
        ...(flags.caFile !== undefined && { authorities: readOptionFile(flags.caFile) }),
      },
    }),
  }
  return {
    client: new RegistryClient(access),
    parse: (text) => parseReference(hasHost(text) ? text : `${requireOwn()}/${text}`),
    host: (text) => text ?? requireOwn(),
  }
}

/** As Docker tells a host from a repository's first part. */
function hasHost(text: string): boolean {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  return /[.:]/.test(first) || first === 'localhost'
}

/** As with docker, what is on this machine needs no TLS, unless the caller says something of its certificate. */
function isPlain(host: string, { plainHttp, insecure, caFile }: RegistryFlags): boolean {
  if (plainHttp) return true
  return !insecure && caFile === undefined && isLoopback(host)
}

function aliasesOf(folder: DataFolder, instance: Instance): Record<string, string> {
  return resolveAliases(readSettings(folder.file('config.yaml')), instance.http, '').registries
}

function adminOf(folder: DataFolder): LoginData | undefined {
  const password = folder.adminToken()
  return password === undefined ? undefined : { username: 'admin', password }
}

async function loginOf(flags: RegistryFlags): Promise<LoginData | undefined> {
  if (flags.username === undefined) return undefined
  return { username: flags.username, password: await readPassword(flags, 'Password: ') }
}

/** Where podman, docker and helm keep logins, as their own documentation orders them. */
function keptLogin(host: string): LoginData | undefined {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, DOCKER_CONFIG, HELM_REGISTRY_CONFIG } = process.env
  const files = [
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    join(DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json'),
    HELM_REGISTRY_CONFIG ?? join(homedir(), '.config', 'helm', 'registry', 'config.json'),
  ]
  for (const file of files) {
    const login = file ? loginIn(file, host) : undefined
    if (login) return login
  }
  return undefined
}

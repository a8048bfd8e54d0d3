import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { LoginData } from '@slipway/registry-client'

interface ConfigFile {
  auths?: Record<string, { auth?: string }>
  credsStore?: string
  credHelpers?: Record<string, string>
}

/** The login for a registry, from helm's own configuration or, where that has none, from docker's. */
export function storedLogin(registryConfig: string, host: string): LoginData | undefined {
  return loginIn(registryConfig, host) ?? loginIn(join(homedir(), '.docker', 'config.json'), host)
}

/** Remembers a login as `docker login` would; only the owner can read the file. */
export function storeLogin(registryConfig: string, host: string, { username, password }: LoginData): void {
  const config = readConfig(registryConfig)
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  writeConfig(registryConfig, { ...config, auths: { ...config.auths, [host]: { auth } } })
}

/** Forgets a login; one that is not there is forgotten already. */
export function removeLogin(registryConfig: string, host: string): void {
  const config = readConfig(registryConfig)
  const { [host]: _, ...auths } = config.auths ?? {}
  writeConfig(registryConfig, { ...config, auths })
}

/** The login for a registry that a file of docker's form holds, or the credential helper that it names. */
export function loginIn(file: string, host: string): LoginData | undefined {
  const { auths, credHelpers, credsStore } = readConfig(file)
  const helper = credHelpers?.[host] ?? credsStore
  const fromHelper = helper === undefined ? undefined : askHelper(helper, host)
  if (fromHelper) return fromHelper
  const text = Buffer.from(auths?.[host]?.auth ?? '', 'base64').toString('utf8')
  const at = text.indexOf(':')
  return at < 0 ? undefined : { username: text.slice(0, at), password: text.slice(at + 1) }
}

/** Docker's protocol for credential helpers: the host on stdin, JSON on stdout. */
function askHelper(helper: string, host: string): LoginData | undefined {
  const { status, stdout } = spawnSync(`docker-credential-${helper}`, ['get'], { input: host, encoding: 'utf8' })
  if (status !== 0) return undefined
  const { Username, Secret } = JSON.parse(stdout) as { Username: string; Secret: string }
  return { username: Username, password: Secret }
}

function readConfig(file: string): ConfigFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ConfigFile
  } catch {
    // None yet, or not ours to judge: then nobody is logged in.
    return {}
  }
}

function writeConfig(file: string, config: ConfigFile): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify(config, undefined, '\t'), { mode: 0o600 })
}

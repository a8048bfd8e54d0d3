import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isLoopback } from '../registry/loopback.ts'
import { AzError } from './az-error.ts'

export interface AzRegistry {
  /** Host of the real world, such as `acrgitopsdev.azurecr.io`. */
  loginServer: string
  /** Base URL of the service that stands for it. */
  url: string
}

/** What `az` knows between two calls, in `slipway.json` of AZURE_CONFIG_DIR. Pipelines get theirs from the runner. */
export interface AzState {
  registries: Record<string, AzRegistry>
  username?: string
  password?: string
  subscription?: string
  cloud?: string
  /** Of `az configure --defaults` and `az config set`. */
  defaults?: Record<string, string>
}

function statePath(): string {
  return join(process.env.AZURE_CONFIG_DIR ?? join(homedir(), '.azure'), 'slipway.json')
}

/** The state; empty when there is none yet. Throws AzError when the file cannot be read. */
export function readState(): AzState {
  let text: string
  try {
    text = readFileSync(statePath(), 'utf8')
  } catch {
    return { registries: {} }
  }
  try {
    return { registries: {}, ...(JSON.parse(text) as Partial<AzState>) }
  } catch {
    throw new AzError(`${statePath()} is not JSON. Remove it and log in again.`)
  }
}

/** Keeps the state for this user alone: it holds a password. */
export function writeState(state: AzState): void {
  const path = statePath()
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(path, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
}

export interface AzLogin {
  username: string
  password: string
}

/** Throws AzError when nobody is logged in. */
export function requireLogin(state: AzState): AzLogin {
  const { username, password } = state
  if (username === undefined || password === undefined) throw new AzError("Please run 'az login' to setup account.")
  return { username, password }
}

/** The registry by its name, its login server or any host, or by default. Throws AzError. */
export function requireRegistry(state: AzState, given: string | undefined): AzRegistry & { name: string } {
  const wanted = given ?? state.defaults?.acr
  if (wanted === undefined) throw new AzError('the following arguments are required: --registry/-r', 2)
  const name = wanted.toLowerCase().replace(/\.azurecr\.io$/, '')
  const found = Object.entries(state.registries).find(
    ([key, { loginServer }]) => key.toLowerCase() === name || loginServer.toLowerCase() === wanted.toLowerCase(),
  )
  if (found) return { name: found[0], ...found[1] }
  if (/[.:]/.test(wanted) && !wanted.endsWith('.azurecr.io')) return atHost(wanted)
  throw new AzError(
    `The resource with name '${wanted}' and type 'Microsoft.ContainerRegistry/registries' could not be found in subscription '${subscriptionOf(state)}'.`,
  )
}

/** A registry that runs by itself, by its host or whole address; a host of this machine is taken to have no TLS. */
function atHost(text: string): AzRegistry & { name: string } {
  const url = new URL(text.includes('://') ? text : `${isLoopback(text) ? 'http' : 'https'}://${text}`)
  return { name: url.host, loginServer: url.host, url: url.origin }
}

export function subscriptionOf(state: AzState): string {
  return state.subscription ?? 'slipway'
}

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { connectionOf, type RegistryOptions } from './acr-connection.ts'
import { AzError } from './az-error.ts'
import { call, callJson } from './az-http.ts'
import type { AzLogin } from './az-state.ts'
import { print } from './azure-command.ts'

/** Tries the credentials at the registry and keeps them where docker, podman and helm look for them. */
export async function acrLogin(options: RegistryOptions & { exposeToken?: boolean }): Promise<void> {
  if (options.exposeToken) return exposeToken(options)
  const { registry, login } = connectionOf(options)
  const { status } = await call({ url: `${registry.url}/v2/`, login })
  if (status !== 200) {
    throw new AzError(
      `Unable to get access to registry '${registry.loginServer}': the registry answered with status ${status}. Check the user name and password.`,
    )
  }
  saveLogin([registry.loginServer, new URL(registry.url).host], login)
  process.stdout.write('Login Succeeded\n')
}

/** Prints a token in place of a login, for machines without Docker. */
async function exposeToken(options: RegistryOptions): Promise<void> {
  if (options.username !== undefined || options.password !== undefined) {
    throw new AzError('`--expose-token` cannot be combined with `--username` or `--password`.')
  }
  const { registry, login } = connectionOf(options)
  const { host } = new URL(registry.url)
  const form = new URLSearchParams({ grant_type: 'access_token', service: host, access_token: login.password })
  const { refresh_token } = await callJson<{ refresh_token: string }>({
    url: `${registry.url}/oauth2/exchange`,
    method: 'POST',
    form,
  })
  process.stderr.write(
    "WARNING: You can perform manual login using the provided access token below, for example: 'docker login loginServer -u 00000000-0000-0000-0000-000000000000 -p accessToken'\n",
  )
  print({ accessToken: refresh_token, loginServer: registry.loginServer }, options)
}

/** Writes docker's config.json (DOCKER_CONFIG, or ~/.docker), leaving alone what else is in it. */
function saveLogin(hosts: string[], { username, password }: AzLogin): void {
  const folder = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker')
  const path = join(folder, 'config.json')
  const config = readConfig(path)
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  for (const host of hosts) config.auths = { ...config.auths, [host]: { auth } }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.next`, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.next`, path)
}

function readConfig(path: string): { auths?: Record<string, object> } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {}
  }
  try {
    return JSON.parse(text) as { auths?: Record<string, object> }
  } catch {
    throw new AzError(`${path} is not JSON. Mend or remove it.`)
  }
}

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { type Connection, connectionOf, type RegistryOptions } from './acr-connection.ts'
import { reportArtifact } from './artifact-command.ts'
import { AzError } from './az-error.ts'
import { type AzAnswer, call, callJson, wordsOf } from './az-http.ts'
import { print } from './azure-command.ts'
import { confirm } from './confirm.ts'

interface HelmOptions extends RegistryOptions {
  repository: string
}

interface ChartEntry {
  name: string
  version: string
  appVersion?: string
  description?: string
}

/** PUT, or PATCH with --force, which falls back to PUT where the chart is new (azure-cli, acr/helm.py). */
export async function helmPush(file: string, options: HelmOptions & { force?: boolean }): Promise<void> {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw new AzError(`Please run 'helm package ${file}' to generate a chart package first.`)
  if (!found?.isFile()) throw new AzError(`Unable to find file '${file}'.`)
  const connection = connectionOf(options)
  const url = `${baseUrl(connection, options)}/_blobs/${encodeURIComponent(basename(file))}`
  const send = (method: string): Promise<AzAnswer> => call({ url, method, login: connection.login, file })
  let answer = await send(options.force ? 'PATCH' : 'PUT')
  if (options.force && answer.status === 404) answer = await send('PUT')
  if (answer.status === 409) {
    throw new AzError(`The chart '${basename(file)}' exists already with other content. Use --force to overwrite it.`)
  }
  if (answer.status >= 400) throw new AzError(wordsOf(answer))
  print(JSON.parse(answer.text), options)
  report(answer)
}

export async function helmList(options: HelmOptions): Promise<void> {
  const connection = connectionOf(options)
  const charts = await callJson<Record<string, ChartEntry[]>>({
    url: `${baseUrl(connection, options)}/_charts`,
    login: connection.login,
  })
  print(charts, options, Object.values(charts).flat().map(row))
}

export async function helmShow(chart: string, options: HelmOptions & { version?: string }): Promise<void> {
  const connection = connectionOf(options)
  const path = [chart, options.version].filter((part) => part !== undefined).map(encodeURIComponent)
  const found = await callJson<ChartEntry | ChartEntry[]>({
    url: `${baseUrl(connection, options)}/_charts/${path.join('/')}`,
    login: connection.login,
  })
  print(found, options, [found].flat().map(row))
}

export async function helmDelete(
  chart: string,
  options: HelmOptions & { version?: string; prov?: boolean; yes?: boolean },
): Promise<void> {
  const connection = connectionOf(options)
  const file = `${chart}-${options.version}.tgz${options.prov ? '.prov' : ''}`
  const path =
    options.version === undefined ? `_charts/${encodeURIComponent(chart)}` : `_blobs/${encodeURIComponent(file)}`
  const what = options.version === undefined ? `all versions of the chart '${chart}'` : `the chart package '${file}'`
  await confirm(`This operation will delete ${what}.\nAre you sure you want to continue?`, options.yes)
  const url = `${baseUrl(connection, options)}/${path}`
  print(await callJson({ url, method: 'DELETE', login: connection.login }), options)
}

function baseUrl({ registry }: Connection, { repository }: HelmOptions): string {
  return `${registry.url}/helm/v1/${repository}`
}

/** Heads and the length of descriptions are those of azure-cli's acr/_format.py. */
function row({ name, version, appVersion = '', description = '' }: ChartEntry): object {
  const short = description.length > 57 ? `${description.slice(0, 57)}...` : description
  return { NAME: name, 'CHART VERSION': version, 'APP VERSION': appVersion, DESCRIPTION: short }
}

/** Has `helm` know the repository by the registry's name. */
export function helmRepoAdd(options: HelmOptions): void {
  const connection = connectionOf(options)
  const { registry, login } = connection
  const args = ['repo', 'add', registry.name, baseUrl(connection, options), '--username', login.username]
  const { error, status } = spawnSync('helm', [...args, '--password-stdin'], {
    input: login.password,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  if (error) throw new AzError(`Please verify if Helm is installed: ${error.message}`)
  if (status !== 0) throw new AzError(`helm repo add ended with status ${status}.`)
}

/** The registry says where the chart is as an OCI artifact. */
function report({ headers }: AzAnswer): void {
  const [, repository, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(headers.location ?? '') ?? []
  const digest = headers['docker-content-digest']
  if (!repository || !tag || typeof digest !== 'string') return
  reportArtifact({ kind: 'chart', name: basename(repository), version: tag.replaceAll('_', '+'), digest })
}

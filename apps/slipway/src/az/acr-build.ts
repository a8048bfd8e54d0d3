import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '@slipway/errors'
import { type Connection, connectionOf } from './acr-connection.ts'
import { reportArtifact } from './artifact-command.ts'
import { AzError } from './az-error.ts'
import { call, callJson, open, wordsOf } from './az-http.ts'
import { readState, subscriptionOf } from './az-state.ts'
import { print } from './azure-command.ts'

interface BuildOptions {
  registry?: string
  image?: string[]
  file: string
  buildArg?: string[]
  secretBuildArg?: string[]
  target?: string
  push: boolean
  logs: boolean
  wait: boolean
  platform?: string
  timeout?: number
}

// azure-cli's own words.
const ENDINGS: Record<string, string> = { Canceled: 'Run was canceled', Timeout: 'Run timed out' }

interface RunAnswer {
  runId: string
  status: string
  startTime?: string
  createTime: string
  finishTime?: string
  runErrorMessage?: string
  outputImages: { repository: string; tag: string; digest: string }[]
}

/** Packs, uploads, queues, follows the log, and ends as the run ended. What it does is told on stderr, the log on stdout. */
export async function acrBuild(source: string, options: BuildOptions): Promise<void> {
  if (!statSync(source, { throwIfNoEntry: false })?.isDirectory()) {
    throw new AzError(`Source location should be a local directory path or remote URL, and '${source}' is no folder.`)
  }
  const connection = connectionOf(options.registry === undefined ? {} : { name: options.registry })
  const { registry, login } = connection
  const resource = resourceUrl(connection)
  const uploaded = await upload(connection, source, options)
  const order = { type: 'DockerBuildRequest', ...orderOf(options), ...uploaded }
  const queued = await callJson<RunAnswer>({ url: `${resource}/scheduleRun`, method: 'POST', login, json: order })
  say(`Queued a build with ID: ${queued.runId}`)
  const runUrl = `${resource}/runs/${queued.runId}`
  if (!options.wait) return print(queued, options)
  cancelOnInterrupt(`${runUrl}/cancel`, connection)
  say('Waiting for an agent...')
  await follow(`${runUrl}/listLogSasUrl`, connection, options.logs)
  const run = await callJson<RunAnswer>({ url: runUrl, login })
  finish(run, registry.name)
}

async function upload(
  { registry, login }: Connection,
  source: string,
  options: BuildOptions,
): Promise<{ sourceLocation: string; dockerFilePath: string }> {
  const { packContext } = await import('@slipway/image-builder')
  const folder = mkdtempSync(join(tmpdir(), 'build_archive_'))
  const archive = join(folder, 'source.tar.gz')
  try {
    say('Packing source code into tar to upload...')
    const { size, dockerfile } = await packContext(source, options.file, archive)
    say(`Uploading archived source code from '${archive}'...`)
    const target = await callJson<{ uploadUrl: string; relativePath: string }>({
      url: `${resourceUrl({ registry, login })}/listBuildSourceUploadUrl`,
      method: 'POST',
      login,
    })
    say(`Sending context (${readableSize(size)}) to registry: ${registry.name}...`)
    const headers = { 'x-ms-blob-type': 'BlockBlob' }
    const sent = await call({ url: target.uploadUrl, method: 'PUT', headers, file: archive })
    if (sent.status >= 400) throw new AzError(wordsOf(sent))
    return { sourceLocation: target.relativePath, dockerFilePath: dockerfile }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function orderOf({
  image = [],
  buildArg = [],
  secretBuildArg = [],
  target,
  push,
  platform = 'linux',
  timeout,
}: BuildOptions): object {
  const [os, architecture, variant] = platform.split('/')
  return {
    imageNames: image,
    isPushEnabled: push && image.length > 0,
    arguments: [
      ...buildArg.map((pair) => argumentOf(pair, false)),
      ...secretBuildArg.map((pair) => argumentOf(pair, true)),
    ],
    platform: { os, architecture, variant },
    target,
    timeout,
  }
}

/** `name=value`, or `name` alone for the value that the environment has. */
function argumentOf(pair: string, isSecret: boolean): { name: string; value: string; isSecret: boolean } {
  const equals = pair.indexOf('=')
  const name = equals < 0 ? pair : pair.slice(0, equals)
  return { name, value: equals < 0 ? (process.env[name] ?? '') : pair.slice(equals + 1), isSecret }
}

/**
 * A pipeline that is canceled interrupts its steps; what they build here ends with them, where Azure's goes on. The log ends then, and
 * the command as for any run that was canceled. A second interrupt ends it at once.
 */
function cancelOnInterrupt(url: string, { login }: Connection): void {
  const cancel = (): void => {
    for (const name of INTERRUPTS) process.off(name, cancel)
    callJson({ url, method: 'POST', login }).catch((error: unknown) => say(`Canceling failed: ${messageOf(error)}`))
  }
  for (const name of INTERRUPTS) process.on(name, cancel)
}

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const

/** The log ends when the run does, so it is read to its end even when it is not shown. */
async function follow(url: string, { login }: Connection, shown: boolean): Promise<void> {
  const { logLink } = await callJson<{ logLink: string }>({ url, method: 'POST', login })
  for await (const chunk of await open({ url: logLink })) if (shown) process.stdout.write(chunk as Buffer)
}

function finish(run: RunAnswer, registryName: string): void {
  const seconds = Math.round(
    (Date.parse(run.finishTime ?? run.createTime) - Date.parse(run.startTime ?? run.createTime)) / 1000,
  )
  if (run.status !== 'Succeeded') {
    process.stdout.write(
      `\nRun ID: ${run.runId} ${run.status.toLowerCase()} after ${seconds}s. Error: ${run.runErrorMessage}\n`,
    )
    throw new AzError(ENDINGS[run.status] ?? `Run failed: ${registryName} run ${run.runId}.`)
  }
  process.stdout.write(`\nRun ID: ${run.runId} was successful after ${seconds}s\n`)
  for (const { repository, tag, digest } of run.outputImages) {
    reportArtifact({ kind: 'image', name: `${repository}:${tag}`, digest })
  }
}

function resourceUrl({ registry }: Connection): string {
  const subscription = encodeURIComponent(subscriptionOf(readState()))
  return `${registry.url}/subscriptions/${subscription}/resourceGroups/slipway/providers/Microsoft.ContainerRegistry/registries/${registry.name}`
}

function readableSize(bytes: number): string {
  const units = ['Bytes', 'KiB', 'MiB', 'GiB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(3)} ${units[power]}`
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

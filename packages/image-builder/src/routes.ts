import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { describeError, UserError } from '@slipway/errors'
import { type Authenticator, readBody, readCredentials, sendJson } from '@slipway/http-server'
import type { BuildOrder, ImageBuilderOptions, Run } from './port.ts'
import { targetImage } from './runs/build.ts'
import { readLog } from './runs/run-log.ts'
import type { RunStore } from './runs/run-store.ts'
import type { Runner } from './runs/runner.ts'
import type { Sources } from './runs/sources.ts'

export interface BuilderDeps {
  options: ImageBuilderOptions
  sources: Sources
  runs: RunStore
  runner: Runner
}

const ORDER_LIMIT = 1024 * 1024
// Seconds, as the management API documents them.
const TIMEOUT = 3600
const LONGEST_TIMEOUT = 28_800
const RESOURCE =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerRegistry\/registries\/([^/]+)(?:\/(.*))?$/i

/** The part of Azure's management API that `az acr build` uses. */
export async function serveManagement(
  deps: BuilderDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://builder')
  const [, name = '', action = ''] = RESOURCE.exec(pathname) ?? []
  const write = request.method !== 'GET' && !action.endsWith('/listLogSasUrl')
  if (!(await isAllowed(deps.options.authenticator, request, write))) return refuse(request, response)
  if (name.toLowerCase() !== deps.options.registry.name.toLowerCase()) {
    return fail(
      response,
      404,
      'ResourceNotFound',
      `The Resource 'Microsoft.ContainerRegistry/registries/${name}' was not found.`,
    )
  }
  const [kind, id = '', verb = ''] = action.split('/')
  const endpoint = `${request.method} ${[kind, id && '{id}', verb].filter(Boolean).join('/')}`
  switch (endpoint) {
    case 'GET ':
    case 'GET runs':
      return sendJson(response, 200, kind ? { value: deps.runs.list().map(present) } : registryResource(deps.options))
    case 'POST listBuildSourceUploadUrl':
      return offerSource(deps, request, response)
    case 'POST scheduleRun':
      return schedule(deps, request, response)
    case 'GET runs/{id}':
      return withRun(deps, response, id, (run) => sendJson(response, 200, present(run)))
    case 'POST runs/{id}/listLogSasUrl':
      return withRun(deps, response, id, ({ runId }) => {
        const signature = deps.sources.sign(`log ${runId}`)
        sendJson(response, 200, { logLink: `${baseUrl(request)}/build/runs/${runId}/log?sig=${signature}` })
      })
    case 'POST runs/{id}/cancel':
      return withRun(deps, response, id, (run) => {
        deps.runner.cancel(run.runId)
        sendJson(response, 202, present(run))
      })
    default:
      return fail(response, 404, 'NotFound', `${endpoint} is not served`)
  }
}

/** `/build/`: the signed addresses for sources and logs. */
export async function serveBlobs(deps: BuilderDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://builder')
  const signature = searchParams.get('sig') ?? ''
  const source = /^\/build\/sources\/([0-9a-f-]{36})\.tar\.gz$/.exec(pathname)?.[1]
  const run = /^\/build\/runs\/(ca\d+)\/log$/.exec(pathname)?.[1]
  if (source && request.method === 'PUT') {
    if (!deps.sources.isSigned(`source ${source}`, signature)) return refuse(request, response)
    await deps.sources.save(source, request)
    return void response.writeHead(201, { 'content-length': '0' }).end()
  }
  if (run && request.method === 'GET') {
    if (!deps.sources.isSigned(`log ${run}`, signature)) return refuse(request, response)
    const live = deps.runner.log(run)
    const past = live ? undefined : await readLog(deps.runs.logPath(run))
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-accel-buffering': 'no' })
    return live ? live.follow(response) : void response.end(past)
  }
  fail(response, 404, 'NotFound', 'there is nothing at this path')
}

function offerSource({ sources }: BuilderDeps, request: IncomingMessage, response: ServerResponse): void {
  const { id, signature, relativePath } = sources.offer()
  const uploadUrl = `${baseUrl(request)}/build/sources/${id}.tar.gz?sig=${signature}`
  sendJson(response, 200, { uploadUrl, relativePath })
}

async function schedule(deps: BuilderDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const order = readOrder((await readBody(request, ORDER_LIMIT)).toString('utf8'))
  // A wrong name is told to who asks, not to the log of a run.
  for (const name of order.imageNames) targetImage(name, deps.options.registry)
  const run = await deps.runner.schedule(order, await deps.sources.open(order.sourceLocation))
  sendJson(response, 200, present(run))
}

function readOrder(text: string): BuildOrder {
  const body = parseObject(text)
  if (body.type !== 'DockerBuildRequest') throw badOrder('type must be DockerBuildRequest')
  const dockerFilePath = String(body.dockerFilePath ?? 'Dockerfile')
  if (dockerFilePath.startsWith('/') || dockerFilePath.split('/').includes('..')) {
    throw badOrder('dockerFilePath must lie in the build context')
  }
  const names = body.imageNames ?? []
  const given = body.arguments ?? []
  const timeout = body.timeout ?? TIMEOUT
  const platform = platformOf(body.platform)
  if (!isTextList(names)) throw badOrder('imageNames must be a list of texts')
  if (!isArgumentList(given)) throw badOrder('arguments must be a list of {name, value}')
  if (!isTimeout(timeout)) throw badOrder(`timeout must be a number of seconds up to ${LONGEST_TIMEOUT}`)
  return {
    imageNames: names,
    isPushEnabled: body.isPushEnabled !== false && names.length > 0,
    sourceLocation: String(body.sourceLocation ?? ''),
    dockerFilePath,
    arguments: given,
    noCache: body.noCache === true,
    timeout,
    ...(platform !== undefined && { platform }),
    ...(typeof body.target === 'string' && { target: body.target }),
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below.
  }
  throw badOrder('the body must be a JSON object')
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const isArgumentList = (value: unknown): value is BuildOrder['arguments'] =>
  Array.isArray(value) && value.every((item) => typeof item?.name === 'string' && typeof item?.value === 'string')

const isTimeout = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) <= LONGEST_TIMEOUT

/** `os/architecture/variant`, unless only the system is named, which leaves the rest to the engine. */
function platformOf(value: unknown): string | undefined {
  const { os, architecture, variant } = (value ?? {}) as Record<string, unknown>
  return architecture ? [os, architecture, variant].filter(Boolean).join('/') : undefined
}

function badOrder(message: string): UserError {
  return new UserError('BUILD_REQUEST_INVALID', message)
}

function withRun({ runs }: BuilderDeps, response: ServerResponse, id: string, serve: (run: Run) => void): void {
  const run = runs.get(id)
  if (run) serve(run)
  else fail(response, 404, 'RunNotFound', `The run '${id}' was not found.`)
}

/** Both as the management API nests it and, for `az`, at the top. */
function present(run: Run): object {
  return { name: run.runId, type: 'Microsoft.ContainerRegistry/registries/runs', ...run, properties: run }
}

function registryResource({ registry }: ImageBuilderOptions): object {
  const { name, loginServer } = registry
  return {
    name,
    type: 'Microsoft.ContainerRegistry/registries',
    loginServer,
    properties: { loginServer, provisioningState: 'Succeeded' },
  }
}

async function isAllowed(authenticator: Authenticator, request: IncomingMessage, write: boolean): Promise<boolean> {
  const credentials = readCredentials(request)
  const identity = credentials && (await authenticator.authenticate(credentials))
  return identity !== undefined && (!write || identity.role !== 'reader')
}

/** 401 to who showed nothing, 403 to who showed something that is not enough. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  const anonymous = request.headers.authorization === undefined
  const headers = anonymous ? { 'www-authenticate': 'Basic realm="slipway"' } : {}
  const code = anonymous ? 'AuthenticationFailed' : 'AuthorizationFailed'
  sendJson(
    response,
    anonymous ? 401 : 403,
    { error: { code, message: 'Authentication or a wider role is needed.' } },
    headers,
  )
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { error: { code, message } })
}

/** Answers a UserError; anything else is for the server. */
export function sendUserError(response: ServerResponse, error: unknown): void {
  if (!(error instanceof UserError) || response.headersSent) throw error
  fail(response, error.code === 'BODY_TOO_LARGE' ? 413 : 400, error.code, describeError(error))
}

function baseUrl(request: IncomingMessage): string {
  const encrypted = (request.socket as TLSSocket).encrypted === true
  return `${encrypted ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`
}

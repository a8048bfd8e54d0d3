import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SlipwayError, TransientError, UserError } from '@slipway/errors'
import { joinBytes, repositoryNameOf, writeFlush, writePacket } from '@slipway/git-format'
import { type Authenticator, type HttpRoute, type Identity, readCredentials } from '@slipway/http-server'
import { chunksOf, nothing } from './exchange.ts'
import type { GitExchange, GitHost, GitService, HostedRepository } from './git-host.ts'

const PREFIX = '/git/'
const NO_CACHE = {
  expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  pragma: 'no-cache',
  'cache-control': 'no-cache, max-age=0, must-revalidate',
}

/** git's smart HTTP protocol below `/git/` (gitprotocol-http); every request needs an identity, pushes one that may write. */
export function gitRoutes(host: GitHost, authenticator: Authenticator): HttpRoute[] {
  return [
    {
      path: PREFIX,
      handle: async (request, response) => {
        try {
          await serve(host, authenticator, { request, response })
        } catch (error) {
          refuse(response, error)
        }
      },
    },
  ]
}

interface Call {
  request: IncomingMessage
  response: ServerResponse
}

interface Target {
  path: string
  action: 'info/refs' | GitService
  service: GitService
}

async function serve(host: GitHost, authenticator: Authenticator, { request, response }: Call): Promise<void> {
  const target = parseTarget(request)
  const credentials = readCredentials(request)
  const identity = credentials && (await authenticator.authenticate(credentials))
  if (!identity) throw new UserError('GIT_UNAUTHENTICATED', 'authentication is required')
  const repository = findRepository(host, target.path)
  checkAccess(identity, target.service, repository)

  const gzipped = /^(x-)?gzip$/i.test(request.headers['content-encoding'] ?? '')
  const body: Readable = gzipped ? request.pipe(createGunzip()) : request
  if (gzipped) request.on('close', () => !request.complete && body.destroy())
  const protocol = request.headers['git-protocol']
  const exchange: GitExchange = {
    repository,
    input: chunksOf(body),
    output: response,
    protocol: typeof protocol === 'string' ? protocol : undefined,
    stateless: true,
  }
  const form = target.action === 'info/refs' ? 'advertisement' : 'result'
  response.setHeader('content-type', `application/x-${target.service}-${form}`)
  for (const [name, value] of Object.entries(NO_CACHE)) response.setHeader(name, value)
  const status = await run(host, exchange, { target, identity })
  // A cut answer must not look whole: the client sees the connection end inside a chunk.
  if (status !== 0 && target.action === 'info/refs') response.destroy()
  else response.end()
}

function run(
  host: GitHost,
  exchange: GitExchange,
  { target, identity }: { target: Target; identity: Identity },
): Promise<number> {
  if (target.action === 'git-receive-pack') return host.receivePack(exchange, identity.name)
  if (target.action === 'git-upload-pack') return host.uploadPack(exchange)
  // http-backend.c: the service line is left out for protocol version 2 only.
  const bare = target.service === 'git-upload-pack' && /\bversion=2\b/.test(exchange.protocol ?? '')
  const preamble = joinBytes(bare ? [] : [writePacket(`# service=${target.service}\n`), writeFlush()])
  return host.advertise({ ...exchange, preamble, input: nothing() }, target.service)
}

function parseTarget(request: IncomingMessage): Target {
  const url = new URL(request.url ?? '/', 'http://host')
  const found = /^\/git\/(?<path>[^?]*?)\/(?<action>info\/refs|git-upload-pack|git-receive-pack)$/.exec(
    url.pathname,
  )?.groups
  if (!found) throw new UserError('GIT_PATH_UNKNOWN', 'not found')
  const path = decode(found.path ?? '')
  const action = found.action as Target['action']
  if (action !== 'info/refs') {
    if (request.method !== 'POST') throw new UserError('GIT_METHOD_NOT_ALLOWED', 'use POST')
    // As http-backend does; it also keeps web pages from using a browser's credentials here.
    if (request.headers['content-type'] !== `application/x-${action}-request`) {
      throw new UserError('GIT_CONTENT_TYPE_UNSUPPORTED', `the content type must be application/x-${action}-request`)
    }
    return { path, action, service: action }
  }
  if (request.method !== 'GET') throw new UserError('GIT_METHOD_NOT_ALLOWED', 'use GET')
  const service = url.searchParams.get('service')
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    throw new UserError('GIT_FORBIDDEN', 'only the smart HTTP protocol is served; please upgrade your git client')
  }
  return { path, action, service }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}

function findRepository(host: GitHost, path: string): HostedRepository {
  const name = repositoryNameOf(path)
  const repository = name === undefined ? undefined : host.find(name)
  if (!repository)
    throw new UserError('GIT_REPOSITORY_NOT_FOUND', `repository '${path.replace(/[^ -~]/g, '?')}' not found`)
  return repository
}

function checkAccess(identity: Identity, service: GitService, repository: HostedRepository): void {
  if (service === 'git-receive-pack' && identity.role === 'reader') {
    throw new UserError('GIT_FORBIDDEN', `${identity.name} may only read from '${repository.name}'`)
  }
}

const STATUS: Record<string, number> = {
  GIT_UNAUTHENTICATED: 401,
  GIT_FORBIDDEN: 403,
  GIT_PATH_UNKNOWN: 404,
  GIT_REPOSITORY_NOT_FOUND: 404,
  GIT_METHOD_NOT_ALLOWED: 405,
  GIT_CONTENT_TYPE_UNSUPPORTED: 415,
}

/** git prints a text/plain body after "remote: ". */
function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof SlipwayError)) throw error
  if (response.headersSent) {
    response.destroy()
    return
  }
  const status = error instanceof TransientError ? 503 : (STATUS[error.code] ?? 400)
  response
    .writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="slipway", charset="UTF-8"' }),
      ...(status === 503 && { 'retry-after': '5' }),
    })
    .end(`${error.message}\n`)
}

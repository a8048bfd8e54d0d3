import { once } from 'node:events'
import { open, readdir, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type Authenticator, type HttpRoute, readCredentials, sendJson } from '@slipway/http-server'
import type { LiveLogs } from './live-logs.ts'

export interface LogRouteDeps {
  runsDir: string
  live: LiveLogs
  authenticator: Authenticator
  /** Whether a run of this name is still to come or going on. */
  isPending: (name: string) => boolean
}

const PATH = /^\/runs\/([a-z0-9][a-z0-9.-]*)\/log$/
const CHUNK = 64 * 1024

/** `GET /runs/<name>/log`: the whole log; `?follow=1` goes on until the run ends; `?step=3` only that step. Any known caller may read. */
export function logRoutes(deps: LogRouteDeps): HttpRoute[] {
  return [{ path: '/runs/', handle: (request, response) => serve(deps, request, response) }]
}

async function serve(deps: LogRouteDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const credentials = readCredentials(request)
  if (!credentials || !(await deps.authenticator.authenticate(credentials))) {
    return sendJson(response, 401, { message: 'a token is needed' }, { 'www-authenticate': 'Basic realm="slipway"' })
  }
  const [, name] = PATH.exec(url.pathname) ?? []
  if (!name) return sendJson(response, 404, { message: 'no such page' })
  if (request.method !== 'GET') return sendJson(response, 405, { message: 'only GET is allowed' }, { allow: 'GET' })
  const closed = new AbortController()
  response.on('close', () => closed.abort())
  const step = url.searchParams.get('step')
  const follow = step === null && ['1', 'true'].includes(url.searchParams.get('follow') ?? '')
  const file = step === null ? await findLog(deps, { name, follow }, closed.signal) : await findStep(deps, name, step)
  if (!file) return sendJson(response, 404, { message: `there is no log of ${name}` })
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
  response.flushHeaders()
  await send(deps, { name, file, follow, signal: closed.signal }, response)
  response.end()
}

async function findLog(
  deps: LogRouteDeps,
  { name, follow }: { name: string; follow: boolean },
  signal: AbortSignal,
): Promise<string | undefined> {
  const file = join(deps.runsDir, name, 'log.txt')
  for (;;) {
    if (deps.live.get(name)) return file
    const pending = deps.isPending(name)
    // A log of an earlier attempt is not the one to follow.
    if (!(follow && pending) && (await exists(file))) return file
    if (!follow || !pending || signal.aborted) return undefined
    await deps.live.next(signal).catch(() => {})
  }
}

async function findStep({ runsDir }: LogRouteDeps, name: string, step: string): Promise<string | undefined> {
  const entries = await readdir(join(runsDir, name)).catch(() => [])
  const entry = /^\d+$/.test(step) ? entries.find((candidate) => candidate.startsWith(`${step}-`)) : undefined
  return entry && join(runsDir, name, entry)
}

async function send(
  { live }: LogRouteDeps,
  { name, file, follow, signal }: { name: string; file: string; follow: boolean; signal: AbortSignal },
  response: ServerResponse,
): Promise<void> {
  const log = follow ? live.get(name) : undefined
  const handle = await open(file, 'r')
  const buffer = Buffer.alloc(CHUNK)
  let more = true
  const wake = (): void => {
    more = true
  }
  log?.on('written', wake)
  try {
    while (!signal.aborted) {
      const finished = !log || log.closed
      more = false
      const { bytesRead } = await handle.read(buffer, 0, CHUNK)
      if (bytesRead > 0) {
        if (!response.write(Buffer.from(buffer.subarray(0, bytesRead))))
          await once(response, 'drain', { signal }).catch(() => {})
      } else if (finished) {
        return
      } else if (!more) {
        await once(log, 'written', { signal }).catch(() => {})
      }
    }
  } finally {
    log?.off('written', wake)
    await handle.close()
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

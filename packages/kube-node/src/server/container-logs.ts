import { Readable } from 'node:stream'
import type { PodEngine } from '../runtime/pod-runtime.ts'
import { loggedContainer } from './logged-container.ts'
import { containerNamed, type PodAccess } from './pod-access.ts'

/** The log of a container, as the query of the request wants it. Throws UserError POD_NOT_RUNNING. */
export async function containerLogs(
  engine: PodEngine,
  { access, container, query }: { access: PodAccess; container: string | undefined; query: URLSearchParams },
  signal: AbortSignal,
): Promise<Readable> {
  const name = containerNamed(access.pod, container)?.name ?? ''
  const id = loggedContainer(access.pod, name, query.get('previous') === 'true')
  const since = sinceOf(query)
  const lines = query.get('tailLines')
  const only = { Stdout: 'stdout' as const, Stderr: 'stderr' as const }[query.get('stream') ?? '']
  const logs = await engine.logs(id, {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(lines && { tail: Number(lines) }),
    ...(since !== undefined && { since }),
    ...(only && { only }),
    signal,
  })
  const limit = query.get('limitBytes')
  return limit ? Readable.from(firstBytes(logs, Number(limit))) : logs
}

function sinceOf(query: URLSearchParams): number | undefined {
  const seconds = query.get('sinceSeconds')
  if (seconds) return Math.floor(Date.now() / 1000) - Number(seconds)
  const time = Date.parse(query.get('sinceTime') ?? '')
  return Number.isNaN(time) ? undefined : time / 1000
}

async function* firstBytes(log: Readable, limit: number): AsyncGenerator<Buffer> {
  let left = limit
  for await (const chunk of log as AsyncIterable<Buffer>) {
    yield chunk.subarray(0, left)
    left -= chunk.length
    if (left <= 0) return
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { badRequest, PlainError, StatusError } from './status.ts'

/** What takes as long as it takes; there, `timeout` is for somebody else (apiserver's BasicLongRunningRequestCheck). */
const LONG_RUNNING = new Set<string | undefined>(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** kube-apiserver's --request-timeout. */
const LONGEST_MS = 60_000
/** What a write of our own objects has, webhooks included (the requestTimeoutUpperBound of apiserver's handlers). */
const LONGEST_WRITE_MS = 34_000
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

/** When a request has to have its answer, and what it is told then. */
export interface Deadline {
  milliseconds: number
  /** By performance.now(). */
  at: number
  passed(): Error
}

/**
 * How long a request may take: what it says itself, but not longer than the server lets it; undefined = as long as it takes. Throws 400 for
 * a `timeout` that is no duration (apiserver's WithRequestDeadline).
 */
export function deadlineOf(
  query: URLSearchParams,
  target: { verb: string; subresource?: string } | undefined,
  whose: 'own' | 'elsewhere' = 'own',
): Deadline | undefined {
  if (target?.verb === 'watch' || LONG_RUNNING.has(target?.subresource)) return undefined
  const text = query.get('timeout')
  const asked = text ? durationOf(text) : 0
  if (typeof asked === 'string') throw badRequest(`invalid timeout specified in the request URL - time: ${asked}`)
  const writes = whose === 'own' && target !== undefined && WRITES.has(target.verb)
  const longest = writes ? LONGEST_WRITE_MS : LONGEST_MS
  // None, and one of the past, are for the server to choose.
  const milliseconds = asked > 0 ? Math.min(asked, longest) : longest
  return { milliseconds, at: performance.now() + milliseconds, passed: writes ? writeTimedOut : timedOut }
}

/**
 * Waits for a request to be served, and no longer than its deadline. Whatever is still done of it then finds its answer given. Throws
 * 504; of an answer that has begun, nothing but its end can tell.
 */
export async function withinDeadline(
  deadline: Deadline | undefined,
  { http, response }: { http: IncomingMessage; response: ServerResponse },
  serve: () => Promise<void>,
): Promise<void> {
  if (!deadline) return await serve()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // Nobody reads what is left of the body.
      if (!http.complete && !response.headersSent) response.setHeader('connection', 'close')
      reject(deadline.passed())
    }, deadline.milliseconds)
  })
  try {
    await Promise.race([serve(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Throws what a request is told that is late: what it was to do is not done any more. */
export function checkDeadline(deadline: Deadline | undefined): void {
  if (deadline && performance.now() > deadline.at) throw deadline.passed()
}

/** The answer of WithTimeoutForNonLongRunningRequests, which Go writes without a type. */
function timedOut(): PlainError {
  const message = 'Timeout: request did not complete within the allotted timeout'
  return new PlainError(
    504,
    JSON.stringify({ metadata: {}, status: 'Failure', message, reason: 'Timeout', details: {}, code: 504 }),
  )
}

/** The answer of finisher.FinishRequest. */
function writeTimedOut(): StatusError {
  const why = 'Timeout: request did not complete within requested timeout - context deadline exceeded'
  return new StatusError(504, 'Timeout', why, {})
}

const MILLISECONDS: Partial<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const PART = /^(\d+\.?\d*|\.\d+)([^\d.]*)/

/** The milliseconds that Go's time.ParseDuration reads in a text, or what it says of one that it can't read. */
function durationOf(text: string): number | string {
  const quoted = JSON.stringify(text)
  let rest = text.replace(/^[-+]/, '')
  if (rest === '0') return 0
  let sum = 0
  do {
    const [part, amount, unit = ''] = PART.exec(rest) ?? []
    if (part === undefined) return `invalid duration ${quoted}`
    if (!unit) return `missing unit in duration ${quoted}`
    const size = MILLISECONDS[unit]
    if (size === undefined) return `unknown unit ${JSON.stringify(unit)} in duration ${quoted}`
    sum += Number(amount) * size
    rest = rest.slice(part.length)
  } while (rest)
  return text.startsWith('-') ? -sum : sum
}

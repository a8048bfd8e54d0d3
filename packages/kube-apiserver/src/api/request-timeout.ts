import type { Target } from './request.ts'
import { badRequest } from './status.ts'

/** What takes as long as it takes; there, `timeout` is for somebody else (apiserver's BasicLongRunningRequestCheck). */
const LONG_RUNNING = new Set<string | undefined>(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** Refuses a `timeout` that is no duration (apiserver's WithRequestDeadline). No request takes so long that it would have to be kept. */
export function checkTimeout(query: URLSearchParams, target?: Pick<Target, 'verb' | 'subresource'>): void {
  const timeout = query.get('timeout')
  if (!timeout || target?.verb === 'watch' || LONG_RUNNING.has(target?.subresource)) return
  const fault = durationFault(timeout)
  if (fault) throw badRequest(`invalid timeout specified in the request URL - time: ${fault}`)
}

const UNITS = new Set(['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h'])
const PART = /^(?:\d+\.?\d*|\.\d+)([^\d.]*)/

/** What Go's time.ParseDuration says of a text; undefined when it can read it. */
function durationFault(text: string): string | undefined {
  const quoted = JSON.stringify(text)
  let rest = text.replace(/^[-+]/, '')
  if (rest === '0') return undefined
  do {
    const [part, unit] = PART.exec(rest) ?? []
    if (part === undefined) return `invalid duration ${quoted}`
    if (!unit) return `missing unit in duration ${quoted}`
    if (!UNITS.has(unit)) return `unknown unit ${JSON.stringify(unit)} in duration ${quoted}`
    rest = rest.slice(part.length)
  } while (rest)
  return undefined
}

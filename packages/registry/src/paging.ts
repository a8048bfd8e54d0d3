import { Refusal } from './refusal.ts'

const LARGEST_PAGE = 10_000

export interface Page<T> {
  page: T[]
  /** With the Link to the next page, when there is one. */
  headers: Record<string, string>
}

/** The page of names that `n` and `last` ask for; `names` are in order. `usual` names when the client does not say how many. */
export function pageOf(url: URL, names: string[], usual = names.length): Page<string> {
  const last = url.searchParams.get('last')
  return cut(url, last === null ? names : names.filter((name) => name > last), { usual, nameOf: (name) => name })
}

/** As pageOf, for things in an order other than that of their names: the page begins behind the one that `last` names. */
export function pageBehind<T>(url: URL, things: T[], usual: number, nameOf: (thing: T) => string): Page<T> {
  const last = url.searchParams.get('last')
  const start = last === null ? 0 : things.findIndex((thing) => nameOf(thing) === last) + 1
  return cut(url, things.slice(start), { usual, nameOf })
}

function cut<T>(url: URL, rest: T[], { usual, nameOf }: { usual: number; nameOf: (thing: T) => string }): Page<T> {
  const asked = url.searchParams.get('n')
  const size = asked === null ? usual : Number(asked)
  if (!Number.isInteger(size) || size < 0) throw new Refusal('UNSUPPORTED', 'n must be a number', { status: 400 })
  const page = rest.slice(0, Math.min(size, LARGEST_PAGE))
  const end = page.at(-1)
  if (end === undefined || page.length === rest.length) return { page, headers: {} }
  const query = new URLSearchParams(url.searchParams)
  query.set('last', nameOf(end))
  query.set('n', String(page.length))
  return { page, headers: { link: `<${url.pathname}?${query}>; rel="next"` } }
}

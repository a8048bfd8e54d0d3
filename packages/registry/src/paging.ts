import { Refusal } from './refusal.ts'

const LARGEST_PAGE = 10_000

export interface Page<T> {
  page: T[]
  /** With the Link to the next page, when there is one. */
  headers: Record<string, string>
}

export interface Paging<T> {
  /** How many there are on a page when the client does not say. */
  usual: number
  nameOf: (thing: T) => string
}

/** The page of names that `n` and `last` ask for; `names` are in order. */
export function pageOf(url: URL, names: string[], usual = names.length): Page<string> {
  return pageByName(url, names, { usual, nameOf: (name) => name })
}

/** As pageOf, for things in the order of their names. */
export function pageByName<T>(url: URL, things: T[], paging: Paging<T>): Page<T> {
  const last = url.searchParams.get('last')
  return cut(url, last === null ? things : things.filter((thing) => paging.nameOf(thing) > last), paging)
}

/** As pageOf, for things in another order: the page begins behind the one that `last` names. Where that has gone the list begins anew. */
export function pageBehind<T>(url: URL, things: T[], paging: Paging<T>): Page<T> {
  const last = url.searchParams.get('last')
  const start = last === null ? 0 : things.findIndex((thing) => paging.nameOf(thing) === last) + 1
  return cut(url, things.slice(start), paging)
}

function cut<T>(url: URL, rest: T[], { usual, nameOf }: Paging<T>): Page<T> {
  const asked = url.searchParams.get('n')
  const size = asked ? Number(asked) : usual
  if (!Number.isInteger(size) || size < 0) throw new Refusal('UNSUPPORTED', 'n must be a number', { status: 400 })
  const page = rest.slice(0, Math.min(size, LARGEST_PAGE))
  const end = page.at(-1)
  if (end === undefined || page.length === rest.length) return { page, headers: {} }
  const query = new URLSearchParams(url.searchParams)
  query.set('last', nameOf(end))
  query.set('n', String(page.length))
  return { page, headers: { link: `<${url.pathname}?${query}>; rel="next"` } }
}

import { RE2JS } from 're2js'

/** Whether a name fits a pattern. */
export type Wildcard = (name: string) => boolean

/** In names of branches and tags `*` reaches over `/`. */
export function nameWildcard(pattern: string): Wildcard {
  return fitting(translated(pattern, () => '.*', '.'))
}

/** A path names itself and, as a folder, everything below. Case counts. */
export function pathWildcard(pattern: string): Wildcard {
  const source = translated(pattern.replace(/\/$/, ''), (stars) => (stars === '*' ? '[^/]*' : '.*'), '[^/]')
  return fitting(`${source}(/.*)?`)
}

function translated(pattern: string, stars: (text: string) => string, any: string): string {
  return pattern.replace(/\*+|\?|[^*?]+/g, (part) =>
    part.startsWith('*') ? stars(part) : part === '?' ? any : RE2JS.quote(part),
  )
}

/** By RE2, whose time does not grow with the number of ways in which several stars can share a name out. */
function fitting(source: string): Wildcard {
  const expression = RE2JS.compile(source, RE2JS.DOTALL)
  return (name) => expression.testExact(name)
}

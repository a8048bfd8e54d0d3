/** Where in a name a part of a pattern may end, when it may begin at these places. */
type Part = (starts: ReadonlySet<number>, name: readonly string[]) => Set<number>

/**
 * A pattern as gobwas/glob compiles it with `/` as separator: `*` stops at slashes, `**` does not, `[!a-c]` and `[ab]`
 * are one character, `{a,b}` chooses. Every place is tried once, so no pattern takes long. Throws an Error on a
 * malformed one.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  const part = new GlobParser(pattern).pattern(false)
  return (name) => {
    const chars = Array.from(name)
    return part(new Set([0]), chars).has(chars.length)
  }
}

class GlobParser {
  private readonly chars: readonly string[]
  private at = 0

  constructor(pattern: string) {
    this.chars = Array.from(pattern)
  }

  /** Parts up to the end, or up to what ends a choice. */
  pattern(isChoice: boolean): Part {
    const parts: Part[] = []
    for (let char = this.chars[this.at]; char !== undefined; char = this.chars[this.at]) {
      if (isChoice && (char === ',' || char === '}')) break
      this.at++
      parts.push(this.part(char))
    }
    return (starts, name) => parts.reduce((places, part) => part(places, name), new Set(starts))
  }

  private part(char: string): Part {
    if (char === '*') {
      if (this.chars[this.at] !== '*') return run((next) => next !== '/')
      this.at++
      return run(() => true)
    }
    if (char === '?') return one((next) => next !== '/')
    if (char === '[') return this.range()
    if (char === '{') return this.choice()
    if (char !== '\\') return one((next) => next === char)
    const escaped = this.chars[this.at++]
    return escaped === undefined ? (starts) => new Set(starts) : one((next) => next === escaped)
  }

  private choice(): Part {
    const options: Part[] = []
    do options.push(this.pattern(true))
    while (this.chars[this.at++] === ',')
    return (starts, name) => new Set(options.flatMap((option) => [...option(starts, name)]))
  }

  private range(): Part {
    const isNegated = this.chars[this.at] === '!'
    if (isNegated) this.at++
    const accepts = this.chars[this.at + 1] === '-' ? this.bounds() : this.list()
    if (this.chars[this.at++] !== ']') throw new Error('expected close range character')
    return one((char) => accepts(char) !== isNegated)
  }

  private bounds(): (char: string) => boolean {
    const [low = '', , high = ''] = this.chars.slice(this.at, this.at + 3)
    if (high < low) throw new Error(`hi character '${high}' should be greater than lo '${low}'`)
    this.at += 3
    return (char) => low <= char && char <= high
  }

  private list(): (char: string) => boolean {
    const listed = new Set<string>()
    for (; this.at < this.chars.length && this.chars[this.at] !== ']'; this.at++) {
      if (this.chars[this.at] === '\\') this.at++
      listed.add(this.chars[this.at] ?? '')
    }
    if (listed.size === 0) throw new Error('could not parse range')
    return (char) => listed.has(char)
  }
}

function one(accepts: (char: string) => boolean): Part {
  return (starts, name) => {
    const ends = new Set<number>()
    for (const start of starts) if (start < name.length && accepts(name[start] as string)) ends.add(start + 1)
    return ends
  }
}

function run(accepts: (char: string) => boolean): Part {
  return (starts, name) => {
    const ends = new Set<number>()
    for (const start of starts) {
      let at = start
      // Where another run has been, this one goes no further.
      while (!ends.has(at)) {
        ends.add(at)
        if (at < name.length && accepts(name[at] as string)) at++
      }
    }
    return ends
  }
}

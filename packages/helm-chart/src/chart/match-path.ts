/** One character of a pattern that is no star. */
type CharTest = (char: string) => boolean

/** What follows a star, or what the pattern begins with. */
interface Chunk {
  readonly hasStar: boolean
  readonly tests: CharTest[]
  /** It is malformed, which only those hear of who come to it. */
  isBroken?: true
}

/**
 * A pattern of Go's filepath.Match where `/` separates: `*` and `?` stop there. Undefined instead of an answer when the
 * match comes to a malformed part.
 */
export function compilePathPattern(pattern: string): (name: string) => boolean | undefined {
  const chunks = chunksOf(pattern)
  return (name) => {
    const chars = Array.from(name)
    let at: number | undefined = 0
    for (const [index, chunk] of chunks.entries()) {
      if (chunk.isBroken) return undefined
      at = endOf(chunk, chars, { at, isLast: index === chunks.length - 1 })
      if (at === undefined) return false
    }
    return true
  }
}

interface From {
  readonly at: number
  readonly isLast: boolean
}

/** Where a chunk ends in a name; what a star took is never given back, so the time is bounded. */
function endOf({ hasStar, tests }: Chunk, chars: readonly string[], from: From): number | undefined {
  for (let { at } = from; ; at++) {
    const end = at + tests.length
    if (end > chars.length) return undefined
    const fits = tests.every((test, index) => test(chars[at + index] as string))
    if (fits && (!from.isLast || end === chars.length)) return end
    if (!hasStar || chars[at] === '/') return undefined
  }
}

function chunksOf(pattern: string): Chunk[] {
  const chars = Array.from(pattern)
  const chunks: Chunk[] = []
  let chunk: Chunk = { hasStar: false, tests: [] }
  for (let at = 0; at < chars.length && !chunk.isBroken; at++) {
    if (chars[at] !== '*') {
      const { test, end } = testAt(chars, at)
      if (test) chunk.tests.push(test)
      else chunk.isBroken = true
      at = end
    } else if (!chunk.hasStar || chunk.tests.length > 0) {
      chunks.push(chunk)
      chunk = { hasStar: true, tests: [] }
    }
  }
  return [...chunks, chunk]
}

/** What stands at a place of a pattern, and its last character; no test when it is malformed. */
interface Found {
  readonly test?: CharTest
  readonly end: number
}

function testAt(chars: readonly string[], at: number): Found {
  if (chars[at] === '?') return { test: (char) => char !== '/', end: at }
  if (chars[at] === '[') return classAt(chars, at + 1)
  const end = chars[at] === '\\' ? at + 1 : at
  const literal = chars[end]
  return literal === undefined ? { end } : { test: (char) => char === literal, end }
}

function classAt(chars: readonly string[], start: number): Found {
  const isNegated = chars[start] === '^'
  const ranges: (readonly [number, number])[] = []
  let at = isNegated ? start + 1 : start
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = classChar(chars, at)
    const high = low && chars[low.next] === '-' ? classChar(chars, low.next + 1) : low
    if (!low || !high) return { end: at }
    ranges.push([low.code, high.code])
    at = high.next
  }
  const test = (char: string) => {
    const code = char.codePointAt(0) ?? 0
    return ranges.some(([low, high]) => low <= code && code <= high) !== isNegated
  }
  return { test, end: at }
}

function classChar(chars: readonly string[], at: number): { readonly code: number; readonly next: number } | undefined {
  if (chars[at] === '-' || chars[at] === ']') return undefined
  const place = chars[at] === '\\' ? at + 1 : at
  const code = chars[place]?.codePointAt(0)
  return code === undefined ? undefined : { code, next: place + 1 }
}

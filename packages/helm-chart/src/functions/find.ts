/** Up to so many comparisons JavaScript's own search is faster, whatever the texts are. */
const fewComparisons = 10_000_000

/**
 * Where a text has another one, from a place on; -1 for nowhere. JavaScript's own search takes the product of both lengths where they
 * are made for that, which two lines of a template can do.
 */
export function indexIn(text: string, part: string, from = 0): number {
  if (part.length * (text.length - from) <= fewComparisons) return text.indexOf(part, from)
  const borders = bordersOf(part)
  let matched = 0
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    while (matched > 0 && part.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number
    if (part.charCodeAt(matched) === unit) matched++
    if (matched === part.length) return at - part.length + 1
  }
  return -1
}

/** For each beginning of a text how much of it also ends it (Knuth, Morris and Pratt). */
function bordersOf(part: string): Int32Array {
  const borders = new Int32Array(part.length)
  for (let at = 1, matched = 0; at < part.length; at++) {
    const unit = part.charCodeAt(at)
    while (matched > 0 && part.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number
    if (part.charCodeAt(matched) === unit) matched++
    borders[at] = matched
  }
  return borders
}

/** The pieces of a text between those where it has another one, which is not empty. */
export function piecesBetween(text: string, separator: string): string[] {
  if (separator.length * text.length <= fewComparisons) return text.split(separator)
  const pieces: string[] = []
  let start = 0
  for (let at = indexIn(text, separator); at >= 0; at = indexIn(text, separator, start)) {
    pieces.push(text.slice(start, at))
    start = at + separator.length
  }
  return [...pieces, text.slice(start)]
}

import { wellFormed } from '../encoding.ts'

/** Go's unicode package: case and classes of single characters. */

/** unicode.ToUpper: characters whose capital takes several stay as they are. */
export function upperRune(char: string): string {
  if (char < '\x80') return char.toUpperCase()
  const upper = char.toUpperCase()
  return isOne(upper) ? upper : char
}

/** unicode.ToLower. */
export function lowerRune(char: string): string {
  // The only one whose small letter JavaScript gives as two.
  if (char === '\u0130') return 'i'
  return char.toLowerCase()
}

/** unicode.ToTitle: the digraphs have a form with only one capital, Georgian letters have none. */
export function titleRune(char: string): string {
  if (char < '\x80') return char.toUpperCase()
  const digraph = digraphs.find(([letters]) => letters.includes(char))
  if (digraph) return digraph[1]
  return /^[\u10d0-\u10ff]$/.test(char) ? char : upperRune(char)
}

const digraphs: readonly [string, string][] = [
  ['\u01c4\u01c5\u01c6', '\u01c5'],
  ['\u01c7\u01c8\u01c9', '\u01c8'],
  ['\u01ca\u01cb\u01cc', '\u01cb'],
  ['\u01f1\u01f2\u01f3', '\u01f2'],
]

function isOne(text: string): boolean {
  return String.fromCodePoint(text.codePointAt(0) ?? 0) === text
}

/** A function of single characters over a text. */
export function mapRunes(text: string, map: (char: string) => string): string {
  let out = ''
  for (const char of wellFormed(text)) out += map(char)
  return out
}

export const isUpper = (char: string) => /^\p{Lu}$/u.test(char)
export const isLower = (char: string) => /^\p{Ll}$/u.test(char)
export const isTitle = (char: string) => /^\p{Lt}$/u.test(char)
export const isLetter = (char: string) => /^\p{L}$/u.test(char)
export const isDigit = (char: string) => /^\p{Nd}$/u.test(char)
export const isNumber = (char: string) => /^\p{N}$/u.test(char)
export const isPunctuation = (char: string) => /^\p{P}$/u.test(char)

/** goyaml's order of map keys: numbers inside names count as numbers (`a2` before `a10`), letters come last. */
export function sortKeys(keys: string[]): string[] {
  return keys.sort(compareKeys)
}

const letter = /\p{L}/u
const digit = /\p{Nd}/u

function isLetter(char: string): boolean {
  const code = char.charCodeAt(0)
  if (code < 0x80) return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a
  return letter.test(char)
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && (char < '\x80' ? char >= '0' && char <= '9' : digit.test(char))
}

/** Compares as goyaml v2's keyList.Less does. */
export function compareKeys(left: string, right: string): number {
  return compareWith(compareAt, left, right)
}

/** Compares as goyaml v3's keyList.Less does: behind a digit, letters come first. */
export function compareKeysV3(left: string, right: string): number {
  return compareWith(compareAtV3, left, right)
}

type CompareAt = (a: readonly string[], b: readonly string[], at: number) => number

function compareWith(compareAt: CompareAt, left: string, right: string): number {
  if (left === right) return 0
  const a = [...left]
  const b = [...right]
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return compareAt(a, b, i)
  }
  return a.length - b.length
}

function compareAtV3(a: readonly string[], b: readonly string[], at: number): number {
  const [letterA, letterB] = [isLetter(a[at] ?? ''), isLetter(b[at] ?? '')]
  const order = compareAt(a, b, at)
  return letterA !== letterB && isDigit(a[at - 1]) ? -order : order
}

/** Decides at the first character that differs. */
function compareAt(a: readonly string[], b: readonly string[], at: number): number {
  const [charA = '', charB = ''] = [a[at], b[at]]
  const byCode = (charA.codePointAt(0) ?? 0) - (charB.codePointAt(0) ?? 0)
  const [letterA, letterB] = [isLetter(charA), isLetter(charB)]
  if (letterA && letterB) return byCode
  if (letterA || letterB) return letterB ? -1 : 1
  const start = (charA === '0' || charB === '0') && followsNonZeroDigits(a, at) ? 1 : 0
  const numberA = readDigits(a, at, start)
  const numberB = readDigits(b, at, start)
  if (numberA.value !== numberB.value) return numberA.value < numberB.value ? -1 : 1
  return numberA.end === numberB.end ? byCode : numberA.end - numberB.end
}

/** A zero that differs inside a number is no leading zero. */
function followsNonZeroDigits(chars: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(chars[i]); i--) if (chars[i] !== '0') return true
  return false
}

/** Reads digits as Go's int64 arithmetic would, overflow included. */
function readDigits(chars: readonly string[], at: number, start: number): { value: bigint; end: number } {
  let value = BigInt(start)
  let end = at
  for (; isDigit(chars[end]); end++) {
    value = BigInt.asIntN(64, value * 10n + BigInt((chars[end]?.codePointAt(0) ?? 48) - 48))
  }
  return { value, end }
}

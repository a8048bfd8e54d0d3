import { spend } from '@slipway/go-template'
import { RE2JS } from 're2js'

const cache = new Map<string, RE2JS>()
const cacheSize = 500
/** What an instruction of a program takes, and the time to make it. */
const bytesPerInstruction = 512

/** A regular expression as RE2, so that none takes more than linear time; counts what that takes. Throws RE2JS's errors. */
export function compileExpression(pattern: string): RE2JS {
  const known = cache.get(pattern)
  if (known) return known
  spend(estimatedSize(pattern) * bytesPerInstruction)
  const compiled = RE2JS.compile(pattern)
  if (cache.size >= cacheSize) cache.clear()
  cache.set(pattern, compiled)
  return compiled
}

/** RE2 goes through its whole program for a character at worst. */
export function spendOnMatch(regex: RE2JS, text: string): void {
  spend((text.length * regex.programSize()) / 2)
}

/** Whether there is a match. */
export function isFound(regex: RE2JS, text: string): boolean {
  spendOnMatch(regex, text)
  return regex.matcher(text).find()
}

/** RE2 repeats nothing more often, in repeats of repeats neither. */
const maxRepeat = 1000
const folding = /\(\?[a-zA-Z]*i/
/** To find all cases of a wide range of characters takes as long as so many instructions. */
const sizeOfFoldedEnd = 256

/** About how many instructions a program has: one for each character, as often as it is told to repeat. */
function estimatedSize(pattern: string): number {
  const sizeOfEnd = folding.test(pattern) ? sizeOfFoldedEnd : 1
  const outer: number[] = []
  let size = 0
  let last = 0
  for (const [token] of pattern.matchAll(tokens)) {
    if (token === '(') {
      outer.push(size + last)
      size = 0
      last = 0
    } else if (token === ')') {
      last += size + 2
      size = outer.pop() ?? 0
    } else if (token.startsWith('{')) last *= largestCount(token)
    else {
      size += last
      last = token.startsWith('[') || token.startsWith('\\') ? sizeOfClass(token, sizeOfEnd) : 1
    }
  }
  const whole = outer.reduce((sum, part) => sum + part, size + last)
  return Math.min(whole, pattern.length * maxRepeat)
}

const tokens = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gsu

function largestCount(repeat: string): number {
  return Math.max(1, ...(repeat.match(/\d+/g) ?? []).map(Number))
}

const wideEnds = /[^ -~\s]|\\[xpP]/gu

/** A class is one instruction; of its ranges, those that go beyond ASCII are wide. */
function sizeOfClass(token: string, sizeOfEnd: number): number {
  const ends = sizeOfEnd === 1 ? null : token.match(wideEnds)
  return 1 + (ends?.length ?? 0) * sizeOfEnd
}

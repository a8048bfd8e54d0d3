import { asNil, checkTime, spend, sprintf, withSignature, withType } from '@slipway/go-template'
import { type RE2JS, RE2JSSyntaxException } from 're2js'
import { compileExpression, isFound, spendOnMatch } from '../regular-expression.ts'
import { intOf } from './numbers.ts'
import { bytesPerCharacterRead } from './plain.ts'
import type { FunctionTable } from './table.ts'

interface Match {
  readonly start: number
  readonly end: number
  readonly groups: readonly (string | undefined)[]
  readonly named: Readonly<Record<string, number>>
}

const bytesPerMatch = 128
const longText = 1000

function compile(pattern: string): RE2JS {
  checkUtf8(pattern)
  return compileExpression(pattern)
}

const rawByte = /[\udc80-\udcff]/u

/** Go names all of the pattern from the first byte on that is not UTF-8. */
function checkUtf8(pattern: string): void {
  const at = pattern.search(rawByte)
  if (at >= 0) throw new Error(`error parsing regexp: invalid UTF-8: \`${pattern.slice(at)}\``)
}

/** Go's text for a pattern that cannot be read, which always names the part that is wrong. */
function reasonOf(error: unknown, pattern: string): string {
  if (!(error instanceof RE2JSSyntaxException)) return error instanceof Error ? error.message : String(error)
  const part = error.error === 'trailing backslash at end of expression' ? '' : (error.input ?? pattern)
  return `error parsing regexp: ${error.error}: \`${part}\``
}

/** Go's regexp.Compile; the error has Go's text. */
function compileOrFail(pattern: string): RE2JS {
  try {
    return compile(pattern)
  } catch (error) {
    throw new Error(reasonOf(error, pattern))
  }
}

/** Tells whether a text has a match of an RE2 expression. Throws an Error with Go's text. */
export function textFinder(pattern: string): (text: string) => boolean {
  const regex = compileOrFail(pattern)
  return (text) => isFound(regex, text)
}

/** Go's regexp.MustCompile, whose panic also names the pattern. */
function mustCompile(pattern: string): RE2JS {
  try {
    return compile(pattern)
  } catch (error) {
    throw new Error(`regexp: Compile(${sprintf('%#q', pattern)}): ${reasonOf(error, pattern)}`)
  }
}

/** Go's matches: an empty one right behind another match does not count. */
function matchesOf(regex: RE2JS, text: string, limit = -1): Match[] {
  spendOnMatch(regex, text)
  const found: Match[] = []
  const matcher = regex.matcher(text)
  const named = regex.namedGroups() as Record<string, number>
  let previousEnd = -1
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    // To find one may take as long as to go through all of the text.
    if (text.length > longText) checkTime()
    const start = matcher.start()
    const end = matcher.end()
    if (start !== end || start !== previousEnd) {
      spend(bytesPerMatch)
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined)
      found.push({ start, end, groups, named })
    }
    previousEnd = end
  }
  return found
}

function findAll(regex: RE2JS, text: string, limit: unknown): string[] {
  const found = matchesOf(regex, text, intOf(limit)).map((match) => match.groups[0] ?? '')
  return withType(found.length === 0 ? asNil(found) : found, '[]string')
}

function find(regex: RE2JS, text: string): string {
  return matchesOf(regex, text, 1)[0]?.groups[0] ?? ''
}

function replaceAll(regex: RE2JS, text: string, replacement: (match: Match) => string): string {
  let out = ''
  let at = 0
  for (const match of matchesOf(regex, text)) {
    const put = replacement(match)
    spend(put.length)
    out += text.slice(at, match.start) + put
    at = match.end
  }
  return out + text.slice(at)
}

/** Go's Expand: `$name`, `${name}` and `$$`; a name is as long as letters, digits and `_` go on. */
function expand(template: string, match: Match): string {
  return template.replaceAll(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (whole, braced, bare) => {
    if (whole === '$$') return '$'
    const name: string = braced ?? bare
    const index = /^\d+$/.test(name) ? Number(name) : match.named[name]
    return (index === undefined ? undefined : match.groups[index]) ?? ''
  })
}

function split(regex: RE2JS, text: string, limit: unknown): string[] {
  const count = intOf(limit)
  if (count === 0) return withType(asNil([]), '[]string')
  const parts: string[] = []
  let begin = 0
  let end = 0
  if (text !== '' || regex.pattern() === '') {
    for (const match of matchesOf(regex, text, count)) {
      if (count > 0 && parts.length === count - 1) break
      end = match.start
      if (match.end !== 0) parts.push(text.slice(begin, end))
      begin = match.end
    }
  }
  if (end !== text.length || text === '') parts.push(text.slice(begin))
  return withType(parts, '[]string')
}

type Compile = (pattern: string) => RE2JS

function functionsWith(compileWith: Compile): FunctionTable {
  const replace = (pattern: string, text: string, template: string) =>
    replaceAll(compileWith(pattern), text, (match) => {
      spend(template.length * bytesPerCharacterRead)
      return expand(template, match)
    })
  const replaceLiteral = (pattern: string, text: string, literal: string) =>
    replaceAll(compileWith(pattern), text, () => literal)
  return {
    FindAll: withSignature(['string', 'string', 'int'], (pattern: string, text: string, limit: unknown) =>
      findAll(compileWith(pattern), text, limit),
    ),
    Find: withSignature(['string', 'string'], (pattern: string, text: string) => find(compileWith(pattern), text)),
    ReplaceAll: withSignature(['string', 'string', 'string'], replace),
    ReplaceAllLiteral: withSignature(['string', 'string', 'string'], replaceLiteral),
    Split: withSignature(['string', 'string', 'int'], (pattern: string, text: string, limit: unknown) =>
      split(compileWith(pattern), text, limit),
    ),
  }
}

function prefixed(prefix: string, table: FunctionTable): FunctionTable {
  return Object.fromEntries(Object.entries(table).map(([name, fn]) => [prefix + name, fn]))
}

function isMatch(pattern: string, text: string): boolean {
  try {
    return isFound(compile(pattern), text)
  } catch {
    return false
  }
}

/** Sprig's regular expressions: RE2, so no pattern takes more than linear time. */
export const regexFunctions: FunctionTable = {
  ...prefixed('regex', functionsWith(mustCompile)),
  ...prefixed('mustRegex', functionsWith(compileOrFail)),
  regexMatch: withSignature(['string', 'string'], isMatch),
  mustRegexMatch: withSignature(['string', 'string'], (pattern: string, text: string) =>
    isFound(compileOrFail(pattern), text),
  ),
  regexQuoteMeta: withSignature(['string'], (text: string) => text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
}

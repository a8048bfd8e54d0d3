import { isBlank, isBlankOrEnd, isWordCharacter } from './characters.ts'
import type { Token } from './scanner.ts'
import type { TextCursor } from './text-cursor.ts'
import { type Mark, scanProblem } from './yaml-error.ts'

/** Reads `!`, `!suffix`, `!!suffix`, `!handle!suffix` or `!<uri>`, which begins at `mark`. A verbatim tag has no handle. */
export function scanTag(cursor: TextCursor, mark: Mark): Token {
  let value = ''
  let suffix: string
  if (cursor.code(1) === 0x3c) {
    cursor.skip(2)
    suffix = scanUri(cursor, '')
    if (cursor.code() !== 0x3e) throw scanProblem("did not find the expected '>'", cursor.mark())
    cursor.skip(1)
  } else {
    value = scanHandle(cursor, false)
    if (value.length > 1 && value.endsWith('!')) suffix = scanUri(cursor, '')
    else {
      suffix = scanUri(cursor, value)
      value = suffix === '' ? '' : '!'
      if (suffix === '') suffix = '!'
    }
  }
  if (!isBlankOrEnd(cursor.code())) {
    throw scanProblem('did not find expected whitespace or line break', cursor.mark())
  }
  return { type: 'tag', mark, value, suffix, style: 'plain' }
}

function scanHandle(cursor: TextCursor, isDirective: boolean): string {
  if (cursor.code() !== 0x21) throw scanProblem("did not find expected '!'", cursor.mark())
  const start = cursor.index
  cursor.skip(1)
  cursor.readWhile(isWordCharacter)
  if (cursor.code() === 0x21) cursor.skip(1)
  else if (isDirective && cursor.index > start + 1) throw scanProblem("did not find expected '!'", cursor.mark())
  return cursor.slice(start)
}

function isUriCharacter(code: number): boolean {
  return isWordCharacter(code) || ";/?:@&=+$,.!~*'()[]%".includes(String.fromCharCode(code))
}

/** `head` is a handle that turned out to be the start of the tag. */
function scanUri(cursor: TextCursor, head: string): string {
  const text = cursor.readWhile((code) => !Number.isNaN(code) && isUriCharacter(code))
  if (head === '' && text === '') throw scanProblem('did not find expected tag URI', cursor.mark())
  try {
    return head.slice(1) + decodeURIComponent(text)
  } catch {
    throw scanProblem('did not find URI escaped octet', cursor.mark())
  }
}

/** Reads `%YAML 1.1` or `%TAG ! prefix`, with its line. */
export function scanDirective(cursor: TextCursor): Token {
  const mark = cursor.mark()
  cursor.skip(1)
  const name = cursor.readWhile(isWordCharacter)
  if (name === '') throw scanProblem('could not find expected directive name', cursor.mark())
  if (!isBlankOrEnd(cursor.code())) {
    throw scanProblem('found unexpected non-alphabetical character', cursor.mark())
  }
  if (name !== 'YAML' && name !== 'TAG') throw scanProblem('found unknown directive name', cursor.mark())
  skipBlanks(cursor)
  const token = name === 'YAML' ? scanVersion(cursor) : scanTagDirective(cursor)
  cursor.skipRestOfLine('did not find expected comment or line break')
  return { ...token, mark, style: 'plain' }
}

function skipBlanks(cursor: TextCursor): void {
  while (isBlank(cursor.code())) cursor.skip(1)
}

type Directive = Pick<Token, 'type' | 'value' | 'suffix'>

function scanVersion(cursor: TextCursor): Directive {
  const major = scanNumber(cursor)
  if (cursor.code() !== 0x2e) {
    throw scanProblem("did not find expected digit or '.' character", cursor.mark())
  }
  cursor.skip(1)
  const minor = scanNumber(cursor)
  return { type: 'versionDirective', value: `${major}.${minor}`, suffix: '' }
}

function scanNumber(cursor: TextCursor): string {
  const digits = cursor.readWhile((code) => code >= 0x30 && code <= 0x39)
  if (digits === '') throw scanProblem('did not find expected version number', cursor.mark())
  if (digits.length > 2) throw scanProblem('found extremely long version number', cursor.mark())
  return digits
}

function scanTagDirective(cursor: TextCursor): Directive {
  const value = scanHandle(cursor, true)
  if (!isBlank(cursor.code())) throw scanProblem('did not find expected whitespace', cursor.mark())
  skipBlanks(cursor)
  const suffix = scanUri(cursor, '')
  if (!isBlankOrEnd(cursor.code())) {
    throw scanProblem('did not find expected whitespace or line break', cursor.mark())
  }
  return { type: 'tagDirective', value, suffix }
}

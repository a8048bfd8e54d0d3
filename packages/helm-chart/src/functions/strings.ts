import {
  byteLength,
  bytesOf,
  compareStrings,
  formatValue,
  spend,
  sprintf,
  stringOf,
  withSignature,
  withType,
} from '@slipway/go-template'
import { toBase64 } from '../encoding.ts'
import { decodeBase32, toBase32 } from './base32.ts'
import { decodeBase64 } from './base64.ts'
import { lowerWithConnector, pascalCase, swapCase, titleCase, uncapitalize } from './case.ts'
import { indexIn, piecesBetween } from './find.ts'
import { itemsOf } from './kinds.ts'
import { intOf } from './numbers.ts'
import { lowerRune, mapRunes, upperRune } from './runes.ts'
import type { FunctionTable } from './table.ts'
import { isSpace, sliceBytes, strslice, strval, trimSpace } from './text.ts'
import { abbreviate, wrapText } from './wrap.ts'

const variadic = { variadic: true }
const text1 = (fn: (text: string) => unknown) => withSignature(['string'], fn)
const text2 = (fn: (a: string, b: string) => unknown) => withSignature(['string', 'string'], fn)
// Longer than any manifest; Go would go on until memory ends.
const maxRepeat = 16 * 1024 * 1024
// An item of a list with what it points to.
const bytesPerPart = 32

function indent(spaces: unknown, text: string): string {
  const pad = repeat(' ', intOf(spaces))
  if (pad.length > 100) spend(occurrences(text, '\n') * pad.length)
  return pad + text.replaceAll('\n', `\n${pad}`)
}

function repeat(text: string, count: number): string {
  if (count < 0) throw new Error('strings: negative Repeat count')
  if (count * text.length > maxRepeat) throw new Error(`repeat: the result is longer than ${maxRepeat} characters`)
  return text.repeat(count)
}

/** Go's strings.ReplaceAll; an empty text is found before every character and at the end. */
function replaceAll(text: string, from: string, to: string): string {
  spend((from === '' ? text.length : occurrences(text, from)) * (to.length + bytesPerPart))
  return from === '' ? to + Array.from(text, (char) => char + to).join('') : piecesBetween(text, from).join(to)
}

function occurrences(text: string, part: string): number {
  let count = 0
  for (let at = indexIn(text, part); at >= 0; at = indexIn(text, part, at + part.length)) count++
  return count
}

function nonNil(values: readonly unknown[]): unknown[] {
  return values.filter((value) => value !== null && value !== undefined)
}

function trimSet(text: string, set: string): string {
  const chars = new Set(Array.from(set))
  const list = Array.from(text)
  let start = 0
  let end = list.length
  while (start < end && chars.has(list[start] as string)) start++
  while (end > start && chars.has(list[end - 1] as string)) end--
  return list.slice(start, end).join('')
}

function trunc(count: unknown, text: string): string {
  const width = intOf(count)
  const length = byteLength(text)
  if (width < 0 && length + width > 0) return sliceBytes(text, length + width, length)
  return width >= 0 && length > width ? sliceBytes(text, 0, width) : text
}

function substr(start: unknown, end: unknown, text: string): string {
  const length = byteLength(text)
  const from = intOf(start)
  const to = intOf(end)
  if (from < 0) return sliceBytes(text, 0, to)
  return sliceBytes(text, from, to < 0 || to > length ? length : to)
}

/** Go's strings.Split; an empty separator splits into characters. */
function splitText(text: string, separator: string): string[] {
  spend((separator === '' ? text.length : occurrences(text, separator)) * bytesPerPart)
  return separator === '' ? Array.from(text) : piecesBetween(text, separator)
}

function splitLimited(text: string, separator: string, limit: number): string[] {
  const parts = splitText(text, separator)
  if (limit < 0 || parts.length <= limit) return parts
  if (limit === 0) return []
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

/** Sprig gives what cannot be decoded as the message that says so. */
function orMessage(decode: () => Uint8Array): string {
  try {
    return stringOf(decode())
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function numbered(parts: readonly string[]): Record<string, string> {
  const map: Record<string, string> = Object.create(null)
  for (const [index, part] of parts.entries()) map[`_${index}`] = part
  return withType(map, 'map[string]string')
}

/** goutils takes every byte for a character of Latin-1. */
function latin1Of(text: string): string[] {
  return Array.from(bytesOf(text), (byte) => String.fromCharCode(byte))
}

/** goutils' DeleteWhiteSpace, which leaves texts without spaces as they are. */
function withoutSpaces(text: string): string {
  const chars = latin1Of(text)
  return chars.some(isSpace) ? chars.filter((char) => !isSpace(char)).join('') : text
}

function initials(text: string): string {
  const chars = latin1Of(text)
  return chars.filter((char, index) => !isSpace(char) && (index === 0 || isSpace(chars[index - 1] as string))).join('')
}

/** Sprig's functions on text. */
export const stringFunctions: FunctionTable = {
  hello: withSignature([], () => 'Hello!'),
  abbrev: withSignature(['int', 'string'], (width: unknown, text: string) =>
    intOf(width) < 4 ? text : abbreviate(text, 0, intOf(width)),
  ),
  abbrevboth: withSignature(['int', 'int', 'string'], (left: unknown, right: unknown, text: string) => {
    const [offset, width] = [intOf(left), intOf(right)]
    return width < 4 || (offset > 0 && width < 7) ? text : abbreviate(text, offset, width)
  }),
  trunc: withSignature(['int', 'string'], trunc),
  trim: text1(trimSpace),
  upper: text1((text) => mapRunes(text, upperRune)),
  lower: text1((text) => mapRunes(text, lowerRune)),
  title: text1(titleCase),
  untitle: text1(uncapitalize),
  substr: withSignature(['int', 'int', 'string'], substr),
  repeat: withSignature(['int', 'string'], (count: unknown, text: string) => repeat(text, intOf(count))),
  trimall: text2((set, text) => trimSet(text, set)),
  trimAll: text2((set, text) => trimSet(text, set)),
  trimSuffix: text2((suffix, text) => (suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text)),
  trimPrefix: text2((prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  nospace: text1(withoutSpaces),
  initials: text1(initials),
  swapcase: text1(swapCase),
  snakecase: text1((text) => lowerWithConnector(text, '_')),
  camelcase: text1(pascalCase),
  kebabcase: text1((text) => lowerWithConnector(text, '-')),
  wrap: withSignature(['int', 'string'], (width: unknown, text: string) =>
    wrapText(text, intOf(width), { newLine: '', wrapLongWords: false }),
  ),
  wrapWith: withSignature(['int', 'string', 'string'], (width: unknown, newLine: string, text: string) =>
    wrapText(text, intOf(width), { newLine, wrapLongWords: true }),
  ),
  contains: text2((part, text) => indexIn(text, part) >= 0),
  hasPrefix: text2((prefix, text) => text.startsWith(prefix)),
  hasSuffix: text2((suffix, text) => text.endsWith(suffix)),
  quote: withSignature(
    ['any'],
    (...values: unknown[]) =>
      nonNil(values)
        .map((value) => sprintf('%q', strval(value)))
        .join(' '),
    variadic,
  ),
  squote: withSignature(
    ['any'],
    (...values: unknown[]) =>
      nonNil(values)
        .map((value) => `'${formatValue(value)}'`)
        .join(' '),
    variadic,
  ),
  cat: withSignature(['any'], (...values: unknown[]) => nonNil(values).map(formatValue).join(' '), variadic),
  indent: withSignature(['int', 'string'], indent),
  nindent: withSignature(['int', 'string'], (spaces: unknown, text: string) => `\n${indent(spaces, text)}`),
  replace: withSignature(['string', 'string', 'string'], (from: string, to: string, text: string) =>
    replaceAll(text, from, to),
  ),
  plural: withSignature(['string', 'string', 'int'], (one: string, many: string, count: unknown) =>
    intOf(count) === 1 ? one : many,
  ),
  toString: withSignature(['any'], strval),
  toStrings: withSignature(['any'], (value: unknown) => withType(strslice(value), '[]string')),
  join: withSignature(['string', 'any'], (separator: string, value: unknown) => strslice(value).join(separator)),
  sortAlpha: withSignature(['any'], (list: unknown) =>
    withType(
      list !== null && list !== undefined && itemsOf(list) ? strslice(list).sort(compareStrings) : [strval(list)],
      '[]string',
    ),
  ),
  split: text2((separator, text) => numbered(splitText(text, separator))),
  splitList: text2((separator, text) => withType(splitText(text, separator), '[]string')),
  splitn: withSignature(['string', 'int', 'string'], (separator: string, limit: unknown, text: string) =>
    numbered(splitLimited(text, separator, intOf(limit))),
  ),
  b64enc: text1((text) => toBase64(bytesOf(text))),
  b64dec: text1((text) => orMessage(() => decodeBase64(text))),
  b32enc: text1((text) => toBase32(bytesOf(text))),
  b32dec: text1((text) => orMessage(() => decodeBase32(text))),
}

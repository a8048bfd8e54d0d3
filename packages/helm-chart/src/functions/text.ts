import { byteLength, bytesOf, formatValue, spend, stringOf, underlyingOf } from '@slipway/go-template'
import { maxInt64 } from './numbers.ts'

/** Sprig's strval: text and bytes as they are, anything else as `%v` prints it. */
export function strval(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return stringOf(value)
  return formatValue(value ?? null)
}

/** What an item of a list takes. */
const bytesPerItem = 8

/** Sprig's strslice: the items as text without nils; a single value as a list of one. */
export function strslice(value: unknown): string[] {
  if (value === null || value === undefined) return []
  const inner = underlyingOf(value)
  if (inner instanceof Uint8Array) return Array.from(inner, String)
  if (!Array.isArray(inner)) return [strval(value)]
  return inner
    .filter((item) => item !== null && item !== undefined)
    .map((item) => {
      const text = strval(item)
      spend(text.length + bytesPerItem)
      return text
    })
}

/** A text whose characters are the bytes of another, U+0000 to U+00FF: for what works on bytes. */
export function asBytes(text: string): string {
  if (byteLength(text) === text.length) return text
  let bytes = ''
  for (const byte of bytesOf(text)) bytes += String.fromCharCode(byte)
  return bytes
}

/** The text whose bytes these characters are. */
export function fromBytes(bytes: string): string {
  const found = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) found[i] = bytes.charCodeAt(i)
  return stringOf(found)
}

/** A bound as Go's int has it: the largest one is rounded up to what no int64 holds. */
function intText(bound: number): string {
  return String(bound >= 2 ** 63 ? maxInt64 : BigInt(bound))
}

/** Go's text[start:end], which counts bytes. Throws Go's panic when the bounds are wrong. */
export function sliceBytes(text: string, start: number, end: number): string {
  const length = byteLength(text)
  const outOfRange = (bounds: string) => new Error(`runtime error: slice bounds out of range ${bounds}`)
  if (end < 0) throw outOfRange(`[:${intText(end)}]`)
  if (end > length) throw outOfRange(`[:${intText(end)}] with length ${length}`)
  if (start < 0) throw outOfRange(`[${intText(start)}:]`)
  if (start > end) throw outOfRange(`[${intText(start)}:${intText(end)}]`)
  if (length === text.length) return text.slice(start, end)
  return stringOf(bytesOf(text).subarray(start, end))
}

/** Go's unicode.IsSpace. */
export function isSpace(char: string): boolean {
  return /^[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(char)
}

const wideSpace = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

function isSpaceCode(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  return wideSpace.test(String.fromCharCode(code))
}

/** Go's strings.TrimSpace. */
export function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpaceCode(text.charCodeAt(start))) start++
  while (end > start && isSpaceCode(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

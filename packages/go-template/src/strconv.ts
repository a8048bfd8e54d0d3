/** Go's strconv for strings: quoting and unquoting. */
import { bytesOf, stringOf } from './utf8.ts'

const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u
const plain = /^[ !#-[\]-~]*$/

/** Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrint(char: string): boolean {
  return printable.test(char)
}

const shortEscapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** Go's strconv.Quote (`%q`); `ascii` as QuoteToASCII (`%+q`). */
export function quote(text: string, ascii = false): string {
  if (plain.test(text)) return `"${text}"`
  return quoteWith(text, '"', ascii)
}

/** Go's strconv.QuoteRune: a character constant. */
export function quoteRune(char: string, ascii = false): string {
  return quoteWith(char, "'", ascii)
}

function quoteWith(text: string, delim: string, ascii: boolean): string {
  let out = delim
  for (const char of text) out += char === delim ? `\\${delim}` : escapeRune(char, ascii)
  return out + delim
}

function escapeRune(char: string, ascii: boolean): string {
  const short = shortEscapes[char]
  if (short !== undefined) return short
  const code = char.codePointAt(0) ?? 0
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code < 0x80 || !ascii) {
    if (isPrint(char)) return char
  }
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** Go's strconv.CanBackquote: no backquote and no control character but tab. */
export function canBackquote(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the rule is about
  return !/[\x00-\x08\x0a-\x1f`\x7f\ufeff\udc80-\udcff]/.test(text)
}

const unescapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}
const escapeSequence = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/

/** Go's strconv.Unquote for `"…"`, `` `…` ``; undefined when the syntax is invalid. */
export function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1)
  if (literal.startsWith('`')) return body.replaceAll('\r', '')
  return body.includes('\\') ? unescapeBody(body, '"') : body
}

/** The character of a constant such as `'a'` or `'\n'`; an Error has Go's message. */
export function unquoteRune(literal: string): string | Error {
  const first = literal.startsWith("'\\") ? readEscape(literal.slice(2), "'") : readPlain(literal.slice(1))
  if (first === undefined) return new Error('invalid syntax')
  const used = literal.startsWith("'\\") ? 2 : 1
  if (literal.slice(used + first.length) !== "'") return new Error(`malformed character constant: ${literal}`)
  return first.raw ?? first.text
}

interface Unescaped {
  text: string
  length: number
  /** A rune below 256 that `\x` or octal digits gave, where the string has a byte instead. */
  raw?: string
}

function readPlain(text: string): Unescaped | undefined {
  if (text === '' || text.startsWith("'")) return undefined
  const char = String.fromCodePoint(text.codePointAt(0) ?? 0)
  return { text: char, length: char.length }
}

function unescapeBody(body: string, delim: string): string | undefined {
  let out = ''
  for (let i = 0; i < body.length; ) {
    const next = body.indexOf('\\', i)
    if (next === -1) return mergeRawBytes(out + body.slice(i))
    const escaped = readEscape(body.slice(next + 1, next + 10), delim)
    if (!escaped) return undefined
    out += body.slice(i, next) + escaped.text
    i = next + 1 + escaped.length
  }
  return mergeRawBytes(out)
}

/** Reads what follows a backslash. */
function readEscape(text: string, delim: string): Unescaped | undefined {
  const first = text[0] ?? ''
  const simple = first === delim ? delim : unescapes[first]
  if (simple !== undefined) return { text: simple, length: 1 }
  const match = escapeSequence.exec(text)
  if (!match) return undefined
  const [all, byte, short, long, octal] = match
  const code = octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8)
  if (short !== undefined || long !== undefined) {
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
    return { text: String.fromCodePoint(code), length: all.length }
  }
  if (code > 255) return undefined
  const text1 = code < 0x80 ? String.fromCharCode(code) : String.fromCharCode(0xdc00 + code)
  return { text: text1, length: all.length, raw: String.fromCharCode(code) }
}

const loneSurrogate = /[\ud800-\udfff]/u

/** `"\xc3\xa9"` is é: raw bytes that form UTF-8 together become their characters. */
function mergeRawBytes(text: string): string {
  return loneSurrogate.test(text) ? stringOf(bytesOf(text)) : text
}

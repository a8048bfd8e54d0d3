import { isPrint } from '../strconv.ts'
import { bytesOf } from '../utf8.ts'

const htmlEntities: Record<string, string> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

/** Go's template.HTMLEscapeString. */
export function htmlEscape(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is one of the characters to replace
  return text.replace(/["'&<>\x00]/g, (char) => htmlEntities[char] ?? char)
}

/** Go's template.JSEscapeString. */
export function jsEscape(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return text.replace(/[\\'"]|[<>&=\x00-\x1f]|[^\x00-\x7f]/gu, (char) => {
    if (/[\\'"]/.test(char)) return `\\${char}`
    const code = char.codePointAt(0) ?? 0
    const isRawByte = code >= 0xd800 && code <= 0xdfff
    if (isRawByte || (code >= 0x80 && isPrint(char))) return char
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  })
}

/** Go's url.QueryEscape. */
export function urlQueryEscape(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/gu, (char) => {
    if (char === ' ') return '+'
    return Array.from(bytesOf(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
}

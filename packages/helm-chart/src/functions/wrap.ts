import { byteLength, spend } from '@slipway/go-template'
import { asBytes, fromBytes, sliceBytes } from './text.ts'

interface WrapOptions {
  /** Empty for a newline. */
  readonly newLine: string
  readonly wrapLongWords: boolean
}

/** What the work of finding a line's end is worth. */
const bytesPerLine = 16

/** goutils' WrapCustom: breaks a line at spaces, and with `wrapLongWords` inside words too. It counts bytes. */
export function wrapText(text: string, width: number, options: WrapOptions): string {
  const bytes = asBytes(text)
  if (bytes === text) return wrapBytes(text, width, options)
  return fromBytes(wrapBytes(bytes, width, { ...options, newLine: asBytes(options.newLine) }))
}

function wrapBytes(text: string, width: number, options: WrapOptions): string {
  const newLine = options.newLine === '' ? '\n' : options.newLine
  const limit = Math.max(1, width)
  let out = ''
  let at = 0
  while (text.length - at > limit) {
    if (text[at] === ' ') {
      at++
      continue
    }
    const space = text.slice(at, at + limit + 1).lastIndexOf(' ')
    const isCut = space < 0 && options.wrapLongWords
    // A word that is too long goes on to the space behind it.
    const end = isCut ? at + limit : space < 0 ? text.indexOf(' ', at + limit) : at + space
    if (end < 0) return out + text.slice(at)
    spend(newLine.length + bytesPerLine)
    out += text.slice(at, end) + newLine
    at = isCut ? end : end + 1
  }
  return out + text.slice(at)
}

/** goutils' AbbreviateFull: the text from an offset within a width, with `...` for what is left out. */
export function abbreviate(text: string, offset: number, width: number): string {
  const length = byteLength(text)
  if (text === '' || width < 4) return ''
  if (length <= width) return text
  let start = Math.min(offset, length)
  if (length - start < width - 3) start = length - (width - 3)
  if (start <= 4) return `${sliceBytes(text, 0, width - 3)}...`
  if (width < 7) return ''
  if (start + width - 3 < length) return `...${abbreviate(sliceBytes(text, start, length), 0, width - 3)}`
  return `...${sliceBytes(text, length - (width - 3), length)}`
}

import { isBlank, isBlankOrEnd, isBreak, isPrintable } from './characters.ts'
import type { ScalarStyle } from './scanner.ts'

/** In what the emitters of goyaml's versions differ. */
export interface Dialect {
  /** Plain and quoted scalars fold at the first space beyond this column. */
  readonly width: number
  /** Whether a list in a map stands on its key's level. */
  readonly hasFlatLists: boolean
  /** Whether a block scalar may have tabs. */
  readonly blocksHaveTabs: boolean
}

export const goyamlV2: Dialect = { width: 80, hasFlatLists: true, blocksHaveTabs: false }
export const goyamlV3: Dialect = { width: Number.POSITIVE_INFINITY, hasFlatLists: false, blocksHaveTabs: true }
/** As kyaml sets it up. */
export const compactV3: Dialect = { ...goyamlV3, hasFlatLists: true }

/** What the characters of a scalar allow. */
export interface Shape {
  hasBreaks: boolean
  plain: boolean
  /** Also between brackets. */
  flowPlain: boolean
  single: boolean
  block: boolean
}

/** Most scalars: letters, digits and some signs, so nothing to look for. */
const simple = /^[A-Za-z0-9_/](?:[A-Za-z0-9_/. -]*[A-Za-z0-9_/.-])?$/
const simpleShape: Shape = { hasBreaks: false, plain: true, flowPlain: true, single: true, block: true }

/** libyaml's analysis of a scalar. */
export function analyze(text: string, { blocksHaveTabs }: Dialect): Shape {
  if (simple.test(text)) return simpleShape
  if (text === '') return { hasBreaks: false, plain: true, flowPlain: false, single: true, block: false }
  let hasBreaks = false
  let isSpecial = false
  let hasTabs = false
  let breakThenSpace = false
  let spaceThenBreak = false
  let previous: 'space' | 'break' | undefined
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code === 0x09 && blocksHaveTabs) hasTabs = true
    else if (!isPrintable(code)) isSpecial = true
    if (char === ' ') {
      if (previous === 'break') breakThenSpace = true
      previous = 'space'
    } else if (isBreak(code)) {
      hasBreaks = true
      if (previous === 'space') spaceThenBreak = true
      previous = 'break'
    } else previous = undefined
  }
  const isUnsafe = spaceThenBreak || isSpecial
  const single = !breakThenSpace && !isUnsafe && !hasTabs
  const startsOrEndsBlank = /^[ \n\r\x85\u2028\u2029]|[ \n\r\x85\u2028\u2029]$/.test(text)
  const plain = single && !hasBreaks && !startsOrEndsBlank && !hasBlockIndicator(text)
  return {
    hasBreaks,
    plain,
    flowPlain: plain && !/[,?[\]{}:]/.test(text),
    single,
    block: !text.endsWith(' ') && !isUnsafe,
  }
}

/** Characters that would start something else than a plain scalar, or end it. */
function hasBlockIndicator(text: string): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return true
  if (/^[-?:]/.test(text) && isBlankOrEnd(text.charCodeAt(1))) return true
  for (let i = 1; i < text.length; i++) {
    if (text[i] === ':' && (i + 1 === text.length || isBlank(text.charCodeAt(i + 1)))) return true
    if (text[i] === '#' && isBlankOrEnd(text.charCodeAt(i - 1))) return true
  }
  return false
}

/** The style that is wanted, if the characters of a scalar and its place allow it. */
export function chosenStyle(
  text: string,
  wanted: ScalarStyle,
  shape: Shape,
  { isSimpleKey, inFlow }: { readonly isSimpleKey: boolean; readonly inFlow: boolean },
): ScalarStyle {
  if (isSimpleKey && shape.hasBreaks) return 'double'
  if (wanted === 'double') return 'double'
  if (wanted === 'literal' || wanted === 'folded') return shape.block && !isSimpleKey && !inFlow ? wanted : 'double'
  const isPlain = inFlow ? shape.flowPlain : shape.plain
  if (wanted === 'plain' && isPlain && !(text === '' && isSimpleKey)) return 'plain'
  return shape.single ? 'single' : 'double'
}

const shortEscapes: Record<number, string> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: 'e',
  34: '"',
  92: '\\',
  133: 'N',
  160: '_',
  8232: 'L',
  8233: 'P',
}

/** A character that a double-quoted scalar can't hold as it is. */
export function escaped(code: number): string {
  const short = shortEscapes[code]
  if (short !== undefined) return `\\${short}`
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

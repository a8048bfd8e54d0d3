import { wellFormed } from '../encoding.ts'
import {
  isDigit,
  isLetter,
  isLower,
  isNumber,
  isPunctuation,
  isTitle,
  isUpper,
  lowerRune,
  mapRunes,
  titleRune,
  upperRune,
} from './runes.ts'
import { isSpace } from './text.ts'

type WordKind = 'invalid' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punctuation' | 'other'

interface Word {
  readonly kind: WordKind
  readonly text: string
}

/** snake_case as huandu/xstrings makes it, with `_`; kebab-case with `-`. */
export function lowerWithConnector(text: string, connector: '_' | '-'): string {
  const words = new WordReader(text)
  let out = ''
  const write = ({ kind, text: part }: Word) => {
    out += kind === 'upper' || kind === 'connector' ? lowerWord(part, connector) : part
  }
  const isOpen = ({ kind }: Word) => kind !== 'connector' && kind !== 'punctuation'
  const writeRun = () => {
    while (word.kind === 'alphabet' || word.kind === 'number') {
      write(word)
      word = words.next()
    }
    if (word.kind !== 'invalid' && isOpen(word)) out += connector
  }
  let word = words.next()
  while (words.hasMore()) {
    const previous = word
    if (previous.kind !== 'connector') write(previous)
    word = words.next()
    if (previous.kind === 'number') writeRun()
    else if (previous.kind === 'connector') write(previous)
    else if (previous.kind !== 'punctuation') {
      if (word.kind !== 'number') {
        if (isOpen(word)) out += connector
        continue
      }
      if (!words.hasMore()) continue
      const number = word
      word = words.next()
      if (word.kind !== 'alphabet') {
        write(number)
        if (isOpen(word)) out += connector
        continue
      }
      out += connector
      write(number)
      writeRun()
    }
  }
  write(word)
  return out
}

function lowerWord(text: string, connector: string): string {
  return mapRunes(text, (char) => (isConnector(char) ? connector : isUpper(char) ? lowerRune(char) : char))
}

function isConnector(char: string): boolean {
  return char === '-' || char === '_' || isSpace(char)
}

const ideograph = /^[\u4e00-\u9fcc\u3400-\u4d85\u{20000}-\u{2b81d}]$/u

/** xstrings' isAlphabet: a letter, but no ideograph. */
function isAlphabet(char: string): boolean {
  return isLetter(char) && !ideograph.test(char)
}

class WordReader {
  private readonly chars: string[]
  private at = 0

  constructor(text: string) {
    this.chars = Array.from(text)
  }

  hasMore(): boolean {
    return this.at < this.chars.length
  }

  next(): Word {
    const first = this.chars[this.at]
    if (first === undefined) return { kind: 'invalid', text: '' }
    if (isConnector(first)) return this.take('connector', isConnector)
    if (isPunctuation(first)) return this.take('punctuation', isPunctuation)
    if (isUpper(first)) return this.takeUpper()
    const isLowerLetter = (char: string) => isAlphabet(char) && !isUpper(char)
    if (isAlphabet(first)) return this.take('alphabet', isLowerLetter)
    if (isNumber(first)) return this.take('number', isNumber)
    return this.take(
      'other',
      (char) => !(isConnector(char) || isAlphabet(char) || isNumber(char) || isPunctuation(char)),
    )
  }

  private take(kind: WordKind, belongs: (char: string) => boolean, from = this.at + 1): Word {
    let end = from
    while (end < this.chars.length && belongs(this.chars[end] as string)) end++
    return this.word(kind, end)
  }

  private word(kind: WordKind, end: number): Word {
    const text = this.chars.slice(this.at, end).join('')
    this.at = end
    return { kind, text }
  }

  /** Several capitals are one word, but the last of them begins the next when small letters follow. */
  private takeUpper(): Word {
    const second = this.chars[this.at + 1]
    if (second === undefined || !isAlphabet(second)) return this.word('upper', this.at + 1)
    if (!isUpper(second)) return this.take('upper', (char) => isAlphabet(char) && !isUpper(char))
    let end = this.at + 2
    while (end < this.chars.length && isUpper(this.chars[end] as string)) end++
    const following = this.chars[end]
    return this.word('upper', following !== undefined && isAlphabet(following) ? end - 1 : end)
  }
}

/**
 * PascalCase as xstrings makes it (Sprig's camelcase): the letter behind `-`, `_` and space becomes a capital; of several
 * capitals at a word's start only the first stays.
 */
export function pascalCase(text: string): string {
  const chars = Array.from(wellFormed(text))
  const start = chars.findIndex((char) => !isConnector(char))
  // xstrings writes the last one twice when there is nothing else.
  if (start < 0) return text + (chars.at(-1) ?? '')
  let out = chars.slice(0, start).join('')
  let current = chars[start] as string
  let onlyCapitals = isUpper(current)
  current = upperRune(current)
  for (const char of chars.slice(start + 1)) {
    const previous = current
    current = char
    if (isConnector(char) && isConnector(previous)) out += previous
    else if (isConnector(previous)) {
      onlyCapitals = isUpper(char)
      current = upperRune(char)
    } else {
      if (onlyCapitals && isUpper(char)) current = lowerRune(char)
      else onlyCapitals = false
      out += previous
    }
  }
  return out + current
}

/** goutils' SwapCase: small letters at the start of words get the case of titles. */
export function swapCase(text: string): string {
  let atStart = true
  return mapRunes(text, (char) => {
    const swap =
      isUpper(char) || isTitle(char) ? lowerRune : isLower(char) ? (atStart ? titleRune : upperRune) : undefined
    atStart = swap === undefined && isSpace(char)
    return swap ? swap(char) : char
  })
}

/** Go's strings.Title. */
export function titleCase(text: string): string {
  let previous = ' '
  return mapRunes(text, (char) => {
    const result = isSeparator(previous) ? titleRune(char) : char
    previous = char
    return result
  })
}

/** What stands between words for strings.Title. */
function isSeparator(char: string): boolean {
  if (char <= '\x7f') return !/^\w$/.test(char)
  return !isLetter(char) && !isDigit(char) && isSpace(char)
}

/** goutils' Uncapitalize: the first letter of every word. */
export function uncapitalize(text: string): string {
  let atStart = true
  return mapRunes(text, (char) => {
    const result = atStart && !isSpace(char) ? lowerRune(char) : char
    atStart = isSpace(char)
    return result
  })
}

import { describe, expect, it } from 'vitest'
import { decodeText, detectEncoding, encodeText } from './text-encoding.ts'
import { replaceTokens } from './token-pattern.ts'

const options = {
  prefix: '#{',
  suffix: '}#',
  keepToken: false,
  emptyValue: '(empty)',
  escape: (value: string) => value,
  value: (name: string) => ({ tag: '158', y: 'Y', nothing: '(empty)', 'a.b': 'dotted' })[name],
}

describe('replaceTokens', () => {
  it.each([
    ['x:#{tag}#', 'x:158'],
    ['#{ tag }##{tag}#', '158158'],
    ['#{ x #{y}# }#', '#{ x Y }#'],
    ['[#{missing}#]', '[]'],
    ['[#{nothing}#]', '[]'],
    ['#{a.b}#', 'dotted'],
    ['#{\ntag}#', '158'],
    ['#{tag', '#{tag'],
  ])('%j becomes %j', (text, expected) => {
    expect(replaceTokens(text, options).text).toBe(expected)
  })

  it('keeps what it does not know when asked to, counts, and takes any prefix', () => {
    expect(replaceTokens('#{missing}# #{tag}#', { ...options, keepToken: true })).toEqual({
      text: '#{missing}# 158',
      found: 2,
      replaced: 1,
    })
    expect(replaceTokens('<%tag%>', { ...options, prefix: '<%', suffix: '%>' }).text).toBe('158')
  })
})

describe('text encodings', () => {
  it.each([
    'utf-8',
    'utf-16le',
    'utf-16be',
    'latin1',
  ] as const)('%s survives a round trip and is recognised', (encoding) => {
    const bytes = encodeText('größe: 1\n', encoding, true)

    expect(detectEncoding(bytes)).toBe(encoding)
    expect(decodeText(bytes, encoding)).toBe('größe: 1\n')
  })

  it('write one BOM, and none when it is not wanted', () => {
    const once = encodeText(decodeText(Buffer.from('\uFEFFa'), 'utf-8'), 'utf-8', true)

    expect(once).toEqual(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))
    expect(encodeText('a', 'utf-8', false)).toEqual(Buffer.from('a'))
  })
})

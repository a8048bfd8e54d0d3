import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countLines, sliceLines } from './log-lines.ts'

const chunked = (chunks: string[]): Readable => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

describe('log lines', () => {
  it('are counted and skipped whatever the chunks, and a last one without an end is one', async () => {
    const chunks = fc.array(fc.constantFrom('a', '\n', 'bc\nd', 'e\n\nf\n', ''), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat(6), async (parts, tail) => {
        const whole = parts.join('')
        const lines = whole === '' ? [] : whole.replace(/\n$/, '').split('\n')
        const expected = whole
          .split('\n')
          .slice(Math.max(0, lines.length - tail))
          .join('\n')

        const count = await countLines(chunked(parts))
        const last = await text(sliceLines(chunked(parts), { skip: Math.max(0, count - tail) }))

        const grown = chunked([...parts, ...(/(^|\n)$/.test(whole) ? ['later\n'] : [])])
        const taken = await text(sliceLines(grown, { skip: Math.max(0, count - tail), take: Math.min(count, tail) }))

        expect(count).toBe(lines.length)
        expect(taken).toBe(tail === 0 ? '' : expected)
        expect(last).toBe(tail === 0 ? '' : expected)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Template, TemplateError } from './index.ts'

const pieces = fc.constantFrom(
  ...[
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '\n',
    '.',
    '.x',
    '$',
    '$x',
    ':=',
    '=',
    '|',
    '(',
    ')',
    ',',
    '"a"',
    '`b`',
    "'c'",
    '"',
  ],
  ...['if', 'else', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'continue', 'nil', 'true', 'print'],
  ...[
    '1',
    '1.5',
    '0x',
    '1e',
    '-',
    '+',
    '/*',
    '*/',
    'é',
    '😀',
    '\u0000',
    '\ud800',
    'index',
    'and',
    'call',
    'slice',
    '_',
  ],
)

describe('the parser', () => {
  it('answers any text with templates or a TemplateError', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
    )

    fc.assert(
      fc.property(text, fc.boolean(), (body, inAction) => {
        const template = new Template({ functions: {} })
        try {
          template.parse('t', inAction ? `{{${body}}}` : body)
          template.execute('t', { x: [1, { y: 'z' }] })
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['parentheses', `{{${'('.repeat(100_000)}`],
    ['blocks', '{{if 1}}'.repeat(100_000)],
    ['else if', `{{if 0}}${'{{else if 0}}'.repeat(100_000)}{{end}}`],
    ['fields', `{{.a${'.b'.repeat(100_000)}}}`],
  ])('survives very many nested %s', (_, text) => {
    const template = new Template({ functions: {} })

    const run = () => {
      template.parse('t', text)
      return template.execute('t', {})
    }

    try {
      expect(run()).toBeTypeOf('string')
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError)
    }
  })
})

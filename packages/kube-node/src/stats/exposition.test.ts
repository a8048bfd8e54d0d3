import { expect, it } from 'vitest'
import { writeExposition } from './exposition.ts'

it('writes metrics in the text format, labels escaped, those without values left out', () => {
  const text = writeExposition([
    { name: 'empty', help: 'Nothing.', type: 'gauge', values: [] },
    {
      name: 'used_total',
      help: 'What was used.',
      type: 'counter',
      values: [
        { labels: { pod: 'a', path: 'C:\\x "y"\nz' }, value: 1.5, at: new Date(1_700_000_000_123) },
        { labels: {}, value: 2 },
      ],
    },
  ])

  expect(text).toBe(
    [
      '# HELP used_total What was used.',
      '# TYPE used_total counter',
      'used_total{pod="a",path="C:\\\\x \\"y\\"\\nz"} 1.5 1700000000123',
      'used_total 2',
      '',
    ].join('\n'),
  )
})

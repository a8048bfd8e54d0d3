import { expect, it } from 'vitest'
import type { OpenChart } from './chart-source.ts'
import { knownCharts } from './known-charts.ts'

it('reads a chart once, but one that could not be read again, and forgets the first of many', async () => {
  const asked: string[] = []
  const read = knownCharts(async ({ digest }) => {
    asked.push(digest)
    if (asked.length === 1) throw new Error('not now')
    return {} as OpenChart
  })
  const content = new Uint8Array()
  const { signal } = new AbortController()

  await expect(read({ digest: 'a', content }, signal)).rejects.toThrow('not now')
  await read({ digest: 'a', content }, signal)
  await read({ digest: 'a', content }, signal)
  expect(asked).toEqual(['a', 'a'])

  for (let number = 0; number < 64; number++) await read({ digest: String(number), content }, signal)
  await read({ digest: 'a', content }, signal)
  expect(asked.at(-1)).toBe('a')
})

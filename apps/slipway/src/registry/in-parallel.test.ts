import { expect, it } from 'vitest'
import { inParallel } from './in-parallel.ts'

it('work for many is done for a few at once, and what came of it is in their order', async () => {
  let working = 0
  let most = 0
  const doubled = await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++working)
    for (let turn = 0; turn < 8 - item; turn++) await Promise.resolve()
    working -= 1
    return 2 * item
  })

  expect([doubled, most]).toEqual([[2, 4, 6, 8, 10, 12, 14], 3])
})

it('work that fails is told', async () => {
  await expect(inParallel([1, 2], 2, async (item) => Promise.reject(new Error(`no ${item}`)))).rejects.toThrow('no 1')
})

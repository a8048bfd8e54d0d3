import { describe, expect, it } from 'vitest'
import { PassLoop } from './pass-loop.ts'

describe('PassLoop', () => {
  it.each([...Array(8).keys()])('hears who wakes it %i turns after a pass', async (turns) => {
    let passes = 0
    const loop = new PassLoop(
      async () => {
        passes++
        return undefined
      },
      (error) => expect.unreachable(String(error)),
    )

    loop.wake()
    for (let turn = 0; turn < turns; turn++) await undefined
    loop.wake()
    await new Promise(setImmediate)

    expect(passes).toBe(2)
  })
})

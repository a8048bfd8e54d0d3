import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { behind } from './serve-uploads.ts'

describe('a write that the disk took a part of', () => {
  it('goes on with the very next byte', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 6 })
    fc.assert(
      fc.property(pieces, fc.nat(), (all, some) => {
        const whole = Buffer.concat(all)
        const taken = some % (whole.length + 1)
        expect(Buffer.concat(behind(all, taken))).toEqual(whole.subarray(taken))
      }),
    )
  })

  it('ends when all is taken, pieces without bytes too', () => {
    expect(behind([new Uint8Array(2), new Uint8Array(0)], 2)).toEqual([])
  })
})

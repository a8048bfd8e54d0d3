import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Masker } from './masker.ts'

describe('Masker', () => {
  it.each([
    ['as it is', 'key is p@ss"w0rd!', 'key is ***'],
    ['in base64', `x ${Buffer.from('p@ss"w0rd!').toString('base64')}`, 'x ***'],
    ['in JSON', '{"k":"p@ss\\"w0rd!"}', '{"k":"***"}'],
    ['in a URI', 'q=p%40ss%22w0rd!', 'q=***'],
  ])('hides a secret %s', (_, text, masked) => {
    const masker = new Masker()
    masker.add('p@ss"w0rd!')

    expect(masker.mask(text)).toBe(masked)
  })

  it('hides the lines of a secret with several, the longer of two, and passwords in any URL', () => {
    const masker = new Masker()
    for (const secret of ['first\nsecond', 'abc', 'abcdef', '', ' ']) masker.add(secret)

    expect(masker.mask('a second abcdef')).toBe('a *** ***')
    expect(masker.mask('clone https://ada:p@ss@git.test/x')).toBe('clone https://ada:***@git.test/x')
    expect(masker.mask('clone https://ada:hunter2@git.test/x and https://git.test:80/a@b')).toBe(
      'clone https://ada:***@git.test/x and https://git.test:80/a@b',
    )
  })

  it('leaves no secret in any text', () => {
    const secret = fc.string({ minLength: 4 }).filter((text) => text.trim().length >= 4 && !text.includes('*'))
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const masker = new Masker()
        masker.add(value)
        expect(masker.mask(before + value + after)).not.toContain(value)
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
// @ts-expect-error: a tool, without types
import { withFastSpreads } from '../../tools/spreads.mjs'

describe('the bundler', () => {
  it.each([
    ['an object that is spread first and added to', 'x = { ...a, b }', 'x = { ...[], ...a, b }'],
    ['two that are spread', 'x = {...a, ...b}', 'x = {...[], ...a, ...b}'],
    ['one inside another', 'x = { ...a, b: { ...c, d } }', 'x = { ...[], ...a, b: { ...[], ...c, d } }'],
    ['lines', 'x = {\n  // why\n  ...a,\n  b,\n}', 'x = {\n  // why\n  ...[], ...a,\n  b,\n}'],
  ])('puts an empty list before %s', (_what, text, fast) => {
    expect(withFastSpreads('x.ts', text)).toBe(fast)
  })

  it.each([
    ['a copy', 'x = { ...a }'],
    ['what is spread later', 'x = { b, ...a }'],
    ['lists, arguments and patterns', 'const { a, ...b } = f(...c, [...d, e])'],
    ['text', 'x = "{ ...a, b }"'],
  ])('lets %s be', (_what, text) => {
    expect(withFastSpreads('x.ts', text)).toBe(text)
  })

  it('changes no object', () => {
    const a = JSON.parse('{"__proto__": 1, "b": 2, "c": 3}')
    const run = (text: string) => new Function('a', `return ${text}`)(a) as object
    const text = '({ ...a, b: 4, d: 5 })'

    const [plain, fast] = [run(text), run(withFastSpreads('x.ts', text))]

    expect(Object.entries(fast)).toEqual(Object.entries(plain))
    expect(Object.getPrototypeOf(fast)).toBe(Object.prototype)
  })
})

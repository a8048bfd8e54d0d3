import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setJson, setLiteral, setValue } from './set.ts'
import { emptyValues, type Values } from './value.ts'

function applied(line: string, base: Values = emptyValues()): unknown {
  setValue(base, line)
  return JSON.parse(JSON.stringify(base, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
}

describe('setValue', () => {
  it.each([
    ['a=1', { a: 1 }],
    ['a.b=c,a.d=true', { a: { b: 'c', d: true } }],
    ['a=null', { a: null }],
    ['mode=0644', { mode: '0644' }],
    ['a=', { a: '' }],
    ['a={x,1,true}', { a: ['x', 1, true] }],
    ['a[1].b=x', { a: [null, { b: 'x' }] }],
    ['a[0][1]=x', { a: [[null, 'x']] }],
    ['a\\.b=c\\,d', { 'a.b': 'c,d' }],
    ['__proto__.x=1', JSON.parse('{"__proto__": {"x": 1}}')],
    ['a[', {}],
  ])('%s', (line, expected) => {
    expect(applied(line)).toEqual(expected)
  })

  it.each([
    ['a', 'key "a" has no value'],
    ['a,b=1', 'key "a" has no value (cannot end with ,)'],
    ['a={x', "list must terminate with '}'"],
    ['a[x]=1', 'error parsing index: strconv.Atoi: parsing "x": invalid syntax'],
    ['a[9223372036854775808]=1', 'parsing "9223372036854775808": value out of range'],
    ['a[18446744073709551616x]=1', 'parsing "18446744073709551616x": value out of range'],
    ['a[]=1', 'parsing "": invalid syntax'],
    ['a[-1]=1', 'negative -1 index not allowed'],
    ['a[70000]=1', 'index of 70000 is greater than maximum supported index of 65536'],
    ['a=1,a.b=2', 'unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}'],
  ])("%s is refused with Helm's words", (line, message) => {
    expect(() => applied(line)).toThrow(message)
  })

  it('takes text as it is in string mode and in literals', () => {
    const values = emptyValues()
    setValue(values, 'a=1,b=true', 'string')
    setLiteral(values, 'c.d=1,2={x}')

    expect(values).toEqual({ a: '1', b: 'true', c: { d: '1,2={x}' } })
  })

  it('reads JSON behind keys', () => {
    const values = emptyValues()
    setJson(values, 'a={"b":[1,"x,y"]},c=null,d="t"')

    expect(values).toEqual({ a: { b: [1, 'x,y'] }, c: null, d: 't' })
  })

  it('never fails with anything but a UserError, whatever the line', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (line) => {
        try {
          setValue(emptyValues(), line)
        } catch (error) {
          expect((error as Error).name).toBe('UserError')
        }
        expect(({} as Values).polluted).toBeUndefined()
      }),
    )
  })
})

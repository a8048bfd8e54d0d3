import { describe, expect, it } from 'vitest'
import { type FlagTable, parseGoFlags } from './go-flags.ts'

const table: FlagTable = {
  values: { kind: 'list', letter: 'f' },
  set: { kind: 'texts' },
  namespace: { kind: 'text', letter: 'n' },
  debug: { kind: 'switch', letter: 'd' },
}

describe('parseGoFlags', () => {
  it.each([
    ['a -n x b', ['a', 'b'], { namespace: 'x' }],
    ['-nx --namespace=y', [], { namespace: 'y' }],
    ['-f a,b -f=c -fd', [], { values: ['a', 'b', 'c', 'd'] }],
    ['--set a=1,b=2 --set c=3', [], { set: ['a=1,b=2', 'c=3'] }],
    ['--debug --debug=false', [], { debug: false }],
    ['-- --debug -n', ['--debug', '-n'], {}],
    ['- --namespace -d', ['-'], { namespace: '-d' }],
  ])('takes %s apart', (line, args, flags) => {
    const parsed = parseGoFlags(line.split(' '), table)

    expect(parsed?.args).toEqual(args)
    expect(Object.fromEntries(parsed?.flags ?? [])).toEqual(flags)
  })

  it.each([
    '--nope',
    '-x',
    '--namespace',
    '-n',
    '-dn',
    '--debug=maybe',
    '--__proto__',
  ])('leaves %s to the full command', (line) => {
    expect(parseGoFlags(line.split(' '), table)).toBeUndefined()
  })
})

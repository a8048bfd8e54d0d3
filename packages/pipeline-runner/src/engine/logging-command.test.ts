import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLoggingCommand } from './logging-command.ts'

describe('parseLoggingCommand', () => {
  it.each([
    ['##vso[task.setsecret]x', { area: 'task', event: 'setsecret', properties: {}, data: 'x' }],
    [
      'noise ##vso[task.setvariable variable=a;isSecret=true]b]c',
      { area: 'task', event: 'setvariable', properties: { variable: 'a', issecret: 'true' }, data: 'b]c' },
    ],
    [
      '##vso[task.logissue type=error;sourcepath=a%3Bb%5D;]100%AZP25 %0Anext',
      { area: 'task', event: 'logissue', properties: { type: 'error', sourcepath: 'a;b]' }, data: '100% \nnext' },
    ],
    ['##vso[task.setsecret', 'malformed'],
    ['##vso[nothing]x', 'malformed'],
    ['##[section]x', undefined],
    ['talk of ##vso alone', undefined],
  ])('%s', (line, expected) => {
    expect(parseLoggingCommand(line)).toEqual(expected)
  })

  it('takes any data that has no escapes as it is', () => {
    fc.assert(
      fc.property(fc.string(), (data) => {
        fc.pre(!data.includes('%'))
        expect(parseLoggingCommand(`##vso[task.debug]${data}`)).toMatchObject({ data })
      }),
    )
  })
})

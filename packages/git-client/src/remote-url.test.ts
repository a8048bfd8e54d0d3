import { describe, expect, it } from 'vitest'
import { applyAliases, parseRemoteUrl, withoutCredentials } from './remote-url.ts'

describe('parseRemoteUrl', () => {
  it.each([
    [
      'git@ssh.dev.azure.com:v3/cpn/P/AppA',
      { kind: 'ssh', user: 'git', host: 'ssh.dev.azure.com', port: 22, path: 'v3/cpn/P/AppA' },
    ],
    ['ssh://me@host:7022/AppA', { kind: 'ssh', user: 'me', host: 'host', port: 7022, path: '/AppA' }],
    ['host:AppA', { kind: 'ssh', user: 'git', host: 'host', path: 'AppA' }],
    ['https://u:p%40ss@host/x.git', { kind: 'http', url: 'https://host/x.git', username: 'u', password: 'p@ss' }],
  ])('reads %s', (text, parts) => {
    expect(parseRemoteUrl(text)).toMatchObject(parts)
  })

  it.each([
    'file:///x',
    '/x',
    'ext::sh -c x',
    'git://host/x',
    'fd::3',
    '-oProxyCommand=x:y',
    'ssh://-x/y',
    'a b:c',
    'https://u:100%@h/x',
    '',
  ])('refuses %j', (text) => {
    expect(() => parseRemoteUrl(text)).toThrow('is no git URL')
  })
})

it('the longest alias wins', () => {
  expect(applyAliases('git@h:v3/o/p/A', { 'git@h:': 'x:', 'git@h:v3/o/p/': 'ssh://l/' })).toBe('ssh://l/A')
  expect(applyAliases('https://h/A', { 'git@h:': 'x:' })).toBe('https://h/A')
})

it('credentials never stay in a text', () => {
  expect(withoutCredentials('https://u:p@ss@h/x?a@b')).toBe('https://h/x?a@b')
  expect(withoutCredentials("unable to access 'https://u:p@h/x'")).toBe("unable to access 'https://h/x'")
})

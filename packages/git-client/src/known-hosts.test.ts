import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keysOfHost } from './known-hosts.ts'

const salt = Buffer.from('0123456789abcdefghij')
const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update('git.example.org').digest('base64')}`

describe('keysOfHost', () => {
  it.each([
    ['git.example.org ssh-ed25519 AAAA', 22, ['AAAA']],
    ['# git.example.org ssh-ed25519 AAAA', 22, []],
    ['other,git.example.org ssh-ed25519 AAAA comment here', 22, ['AAAA']],
    ['[git.example.org]:7022 ssh-ed25519 AAAA', 7022, ['AAAA']],
    ['git.example.org ssh-ed25519 AAAA', 7022, []],
    ['*.example.org ssh-rsa BBBB\ngit.example.org ssh-ed25519 AAAA', 22, ['BBBB', 'AAAA']],
    ['*.example.org,!git.example.org ssh-rsa BBBB', 22, []],
    [`${hashed} ssh-ed25519 AAAA`, 22, ['AAAA']],
    ['@cert-authority *.example.org ssh-rsa BBBB', 22, []],
    ['GIT.e?ample.* ssh-ed25519 AAAA', 22, ['AAAA']],
    [`${'*e'.repeat(40)}x ssh-ed25519 AAAA`, 22, []],
    ['gitXexample.org ssh-ed25519 AAAA', 22, []],
  ])('reads %j for port %d', (text, port, keys) => {
    expect(keysOfHost(text, 'git.example.org', port).map(({ key }) => key)).toEqual(keys)
  })

  it('knows revoked keys', () => {
    expect(keysOfHost('@revoked * ssh-ed25519 AAAA', 'x', 22)).toEqual([
      { type: 'ssh-ed25519', key: 'AAAA', revoked: true },
    ])
  })
})

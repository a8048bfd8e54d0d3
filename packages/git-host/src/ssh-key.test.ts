import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { fingerprintOf, generateSshKey, normalizePublicKey, publicKeyOf } from './ssh-key.ts'

describe('generateSshKey', () => {
  it('makes keys that OpenSSH reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-key-'))
    const key = generateSshKey('gitops')
    const file = join(folder, 'key')
    writeFileSync(file, key.privateKey, { mode: 0o600 })

    expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim()).toBe(key.publicKey)
    expect(execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' })).toContain(fingerprintOf(key.publicKey))
    expect(`${publicKeyOf(key.privateKey)} gitops`).toBe(key.publicKey)
    rmSync(folder, { recursive: true })
  })

  it('makes only whole keys', () => {
    const blobs = Array.from({ length: 1000 }, () => ssh2.utils.parseKey(generateSshKey().privateKey))

    expect(blobs.filter((blob) => blob instanceof Error)).toEqual([])
  })
})

it.each([
  ['ssh-ed25519 AAAA= ada@host', 'ssh-ed25519 AAAA='],
  ['  ssh-rsa BBBB', 'ssh-rsa BBBB'],
  ['ssh-rsa', undefined],
  ['command="x" ssh-rsa BBBB', undefined],
])('%j normalizes to %j', (line, key) => {
  expect(normalizePublicKey(line)).toBe(key)
})

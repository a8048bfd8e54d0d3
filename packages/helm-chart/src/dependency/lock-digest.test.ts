import { describe, expect, it } from 'vitest'
import { testPlatform } from '../testing/test-platform.ts'
import { legacyLockDigest, lockDigest } from './lock-digest.ts'

const required = [
  { name: 'c1', version: '>=0.1.0 <1', repository: 'http://127.0.0.1:18081' },
  { name: 'loc', version: '0.1.0', repository: 'file://../local/loc' },
]
const locked = [
  { name: 'c1', version: '0.2.0', repository: 'http://127.0.0.1:18081' },
  { name: 'loc', version: '0.1.0', repository: 'file://../local/loc' },
]

describe('lockDigest', () => {
  it('is the digest that Helm 4 wrote into Chart.lock', () => {
    expect(lockDigest(required, locked, testPlatform())).toBe(
      'sha256:c1cae82a5a072e1ddee0f58415f880397bf268a9b8b8dc29233d1a19f1908282',
    )
  })

  it('depends on what was asked for, and differs from that of Helm 2', () => {
    const digests = [
      lockDigest(required, locked, testPlatform()),
      lockDigest(locked, locked, testPlatform()),
      legacyLockDigest(required, testPlatform()),
    ]

    expect(new Set(digests).size).toBe(3)
  })
})

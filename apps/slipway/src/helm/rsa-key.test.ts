import { createPublicKey, sign, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { newRsaKey } from './rsa-key.ts'

it.each([1024, 2048])('makes RSA keys of %d bits that sign what their public half verifies', (bits) => {
  const key = newRsaKey(bits)
  const data = Buffer.from('signed')

  expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: bits, publicExponent: 65537n })
  expect(verify('sha256', data, createPublicKey(key), sign('sha256', data, key))).toBe(true)
})

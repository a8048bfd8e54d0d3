import type { KeyObject } from 'node:crypto'
import { randomPrime } from './random-prime.ts'

const publicExponent = 65537n

/**
 * A new RSA key (RFC 8017, section 3) out of two random primes: charts make certificates at every render, and Node's own
 * generateKeyPairSync takes five times as long.
 */
export function newRsaKey(bits: number): KeyObject {
  const { createPrivateKey } = process.getBuiltinModule('node:crypto')
  for (;;) {
    const [p, q] = [randomPrime(Math.ceil(bits / 2)), randomPrime(Math.floor(bits / 2))]
    const modulus = p * q
    const [one, other] = [p - 1n, q - 1n]
    const isUsable =
      p !== q && bitLength(modulus) === bits && one % publicExponent !== 0n && other % publicExponent !== 0n
    if (!isUsable) continue
    const exponent = inverse(publicExponent, one * other)
    const key = {
      kty: 'RSA',
      n: base64Url(modulus),
      e: base64Url(publicExponent),
      d: base64Url(exponent),
      p: base64Url(p),
      q: base64Url(q),
      dp: base64Url(exponent % one),
      dq: base64Url(exponent % other),
      qi: base64Url(inverse(q, p)),
    }
    return createPrivateKey({ format: 'jwk', key })
  }
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}

function base64Url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

/** The number that gives 1 with `value`, modulo `modulus` (extended Euclid). */
function inverse(value: bigint, modulus: bigint): bigint {
  let [previous, rest] = [modulus, value % modulus]
  let [before, factor] = [0n, 1n]
  while (rest !== 0n) {
    const quotient = previous / rest
    ;[previous, rest] = [rest, previous - quotient * rest]
    ;[before, factor] = [factor, before - quotient * factor]
  }
  return ((before % modulus) + modulus) % modulus
}

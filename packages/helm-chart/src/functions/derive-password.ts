import { bytesOf } from '@slipway/go-template'
import type { KeyPlatform } from '../platform.ts'

const seed = 'com.lyndir.masterpassword'
const templates: Record<string, readonly string[]> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: [
    'CvcvnoCvcvCvcv',
    'CvcvCvcvnoCvcv',
    'CvcvCvcvCvcvno',
    'CvccnoCvcvCvcv',
    'CvccCvcvnoCvcv',
    'CvccCvcvCvcvno',
    'CvcvnoCvccCvcv',
    'CvcvCvccnoCvcv',
    'CvcvCvccCvcvno',
    'CvcvnoCvcvCvcc',
    'CvcvCvcvnoCvcc',
    'CvcvCvcvCvccno',
    'CvccnoCvccCvcv',
    'CvccCvccnoCvcv',
    'CvccCvccCvcvno',
    'CvcvnoCvccCvcc',
    'CvcvCvccnoCvcc',
    'CvcvCvccCvccno',
    'CvccnoCvcvCvcc',
    'CvccCvcvnoCvcc',
    'CvccCvcvCvccno',
  ],
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
}
const characters: Record<string, string> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
}

/** What a password is derived from. */
export interface PasswordSource {
  readonly counter: number
  readonly type: string
  readonly password: string
  readonly user: string
  readonly site: string
}

/** The Master Password algorithm (masterpasswordapp.com, version 3) as Sprig's derivePassword runs it. */
export function derivePassword({ counter, type, password, user, site }: PasswordSource, keys: KeyPlatform): string {
  const choices = Object.hasOwn(templates, type) ? templates[type] : undefined
  if (!choices) return `cannot find password template ${type}`
  const salt = concat([bytesOf(seed), uint32(bytesOf(user).length), bytesOf(user)])
  const options = { cost: 32768, blockSize: 8, parallelization: 2, length: 64 }
  const key = keys.scrypt(bytesOf(password), salt, options)
  const digest = keys.hmacSha256(
    key,
    concat([bytesOf(seed), uint32(bytesOf(site).length), bytesOf(site), uint32(counter)]),
  )
  const template = choices[(digest[0] ?? 0) % choices.length] ?? ''
  return Array.from(template, (kind, index) => {
    const set = characters[kind] ?? ''
    return set[(digest[index + 1] ?? 0) % set.length]
  }).join('')
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

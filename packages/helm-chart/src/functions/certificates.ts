import { bytesOf, formatValue, spend, stringOf, withSignature } from '@slipway/go-template'
import { toBase64 } from '../encoding.ts'
import type { KeyPlatform, Platform } from '../platform.ts'
import { decodeBase64 } from './base64.ts'
import { type CertificatePair, makeCertificate } from './certificate.ts'
import { derivePassword } from './derive-password.ts'
import { parseIp } from './ip.ts'
import { itemsOf } from './kinds.ts'
import { intOf } from './numbers.ts'
import { readPem } from './pem.ts'
import { structOf } from './struct.ts'
import type { FunctionTable } from './table.ts'

/** A key counts as much as text that takes as long; a certificate asks for its platform's keys twice. */
const bytesPerKey = 1024 * 1024

const pairs = new WeakMap<object, CertificatePair>()

function pairObject(pair: CertificatePair) {
  const object = structOf({
    typeName: 'sprig.certificate',
    fields: { Cert: pair.cert, Key: pair.key },
    identity: () => pair.key,
  })
  pairs.set(object, pair)
  return object
}

function pairOf(value: unknown): CertificatePair {
  const pair = typeof value === 'object' && value !== null ? pairs.get(value) : undefined
  if (!pair) throw new TypeError('the template engine checks that this is a certificate')
  return pair
}

/** Sprig's keys, certificates and ciphers. */
export function certificateFunctions(platform: Platform): FunctionTable {
  const keysFor = (name: string): KeyPlatform => {
    spend(bytesPerKey)
    if (platform.keys) return platform.keys
    throw new Error(`${name} needs keys, which are not available here`)
  }
  return {
    ...authorityFunctions(platform, keysFor),
    ...leafFunctions(platform, keysFor),
    ...cipherFunctions(platform, keysFor),
    genPrivateKey: withSignature(['string'], (type: string) => {
      if (type !== '' && type !== 'rsa' && type !== 'ecdsa' && type !== 'ed25519') return `Unknown type ${type}`
      return keysFor('genPrivateKey').generateKey(type === '' ? 'rsa' : type, 4096)
    }),
    derivePassword: withSignature(
      ['uint32', 'string', 'string', 'string', 'string'],
      (...[counter, type, password, user, site]: [unknown, string, string, string, string]) =>
        derivePassword({ counter: intOf(counter), type, password, user, site }, keysFor('derivePassword')),
    ),
    buildCustomCert: withSignature(['string', 'string'], (cert: string, key: string) =>
      pairObject(customPair(cert, key, keysFor('buildCustomCert'))),
    ),
  }
}

type KeysFor = (name: string) => KeyPlatform

function authorityFunctions(platform: Platform, keysFor: KeysFor): FunctionTable {
  const authority = (commonName: string, days: unknown, key: string) => {
    const request = { commonName, ips: [], dnsNames: [], daysValid: intOf(days), isAuthority: true, key }
    return pairObject(makeCertificate(request, { ...platform, keys: keysFor('genCA') }))
  }
  return {
    genCA: withSignature(['string', 'int'], (name: string, days: unknown) =>
      authority(name, days, keysFor('genCA').generateKey('rsa', 2048)),
    ),
    genCAWithKey: withSignature(['string', 'int', 'string'], (name: string, days: unknown, key: string) =>
      authority(name, days, givenKey(key, keysFor('genCAWithKey'))),
    ),
  }
}

type LeafArguments = [string, unknown, unknown, unknown]

function leafFunctions(platform: Platform, keysFor: KeysFor): FunctionTable {
  const leaf = ([commonName, ips, names, days]: LeafArguments, key: string, issuer?: CertificatePair) => {
    const request = {
      commonName,
      ips: textItems(ips, 'error parsing ip').map(ipBytes),
      dnsNames: textItems(names, 'error processing alternate dns name'),
      daysValid: intOf(days),
      isAuthority: false,
      key,
      ...(issuer && { issuer }),
    }
    return pairObject(makeCertificate(request, { ...platform, keys: keysFor('genSignedCert') }))
  }
  const newKey = () => keysFor('genSignedCert').generateKey('rsa', 2048)
  const fromText = (key: unknown) => givenKey(String(key), keysFor('genSignedCert'))
  const base = ['string', 'any', 'any', 'int'] as const
  return {
    genSelfSignedCert: withSignature(base, (...args: LeafArguments) => leaf(args, newKey())),
    genSelfSignedCertWithKey: withSignature([...base, 'string'], (...[a, b, c, d, key]: [...LeafArguments, string]) =>
      leaf([a, b, c, d], fromText(key)),
    ),
    genSignedCert: withSignature(
      [...base, 'sprig.certificate'],
      (...[a, b, c, d, issuer]: [...LeafArguments, unknown]) => leaf([a, b, c, d], newKey(), pairOf(issuer)),
    ),
    genSignedCertWithKey: withSignature(
      [...base, 'sprig.certificate', 'string'],
      (...[a, b, c, d, issuer, key]: [...LeafArguments, unknown, string]) =>
        leaf([a, b, c, d], fromText(key), pairOf(issuer)),
    ),
  }
}

function textItems(value: unknown, complaint: string): string[] {
  const items = value === null || value === undefined ? [] : (itemsOf(value) ?? [])
  return items.map((item) => {
    if (typeof item !== 'string') throw new Error(`${complaint}: ${formatValue(item)} is not a string`)
    return item
  })
}

function ipBytes(text: string): Uint8Array {
  const bytes = parseIp(text)
  if (!bytes) throw new Error(`error parsing ip: ${text}`)
  return bytes
}

function givenKey(key: string, keys: KeyPlatform): string {
  try {
    return keys.normalizeKey(key)
  } catch {
    // Never what the key says: it is a secret.
    throw new Error('parsing private key: no PEM data in input')
  }
}

function customPair(cert: string, key: string, keys: KeyPlatform): CertificatePair {
  const decode = (text: string, what: string) => {
    try {
      return stringOf(decodeBase64(text))
    } catch {
      throw new Error(`unable to decode base64 ${what}`)
    }
  }
  const pair = { cert: decode(cert, 'certificate'), key: decode(key, 'private key') }
  if (!readPem('CERTIFICATE', pair.cert)) throw new Error('unable to decode certificate')
  givenKey(pair.key, keys)
  return pair
}

const blockLength = 16

function cipherFunctions(platform: Platform, keysFor: KeysFor): FunctionTable {
  const keyOf = (password: string) => {
    const key = new Uint8Array(32)
    key.set(bytesOf(password).subarray(0, 32))
    return key
  }
  return {
    encryptAES: withSignature(['string', 'string'], (password: string, text: string) => {
      if (text === '') return ''
      const plain = bytesOf(text)
      const padding = blockLength - (plain.length % blockLength)
      const padded = new Uint8Array(plain.length + padding).fill(padding)
      padded.set(plain)
      const iv = platform.randomBytes(blockLength)
      const encrypted = keysFor('encryptAES').aesCbc('encrypt', keyOf(password), iv, padded)
      return toBase64(Uint8Array.from([...iv, ...encrypted]))
    }),
    decryptAES: withSignature(['string', 'string'], (password: string, text: string) => {
      if (text === '') return ''
      const bytes = decodeBase64(text)
      if (bytes.length < blockLength) {
        throw new Error(`runtime error: slice bounds out of range [:${blockLength}] with capacity ${bytes.length}`)
      }
      const [iv, encrypted] = [bytes.subarray(0, blockLength), bytes.subarray(blockLength)]
      if (encrypted.length % blockLength !== 0) throw new Error('crypto/cipher: input not full blocks')
      const plain = keysFor('decryptAES').aesCbc('decrypt', keyOf(password), iv, encrypted)
      const padding = plain.at(-1)
      if (padding === undefined) throw new Error('runtime error: index out of range [-1]')
      const length = plain.length - padding
      if (length < 0) throw new Error(`runtime error: slice bounds out of range [:${length}]`)
      return stringOf(plain.subarray(0, length))
    }),
  }
}

import type { KeyObject } from 'node:crypto'
import type { KeyPlatform, Platform } from '@slipway/helm-chart'
import { newRsaKey } from './rsa-key.ts'

// Loaded at their first use: most charts need neither.
const crypto = () => process.getBuiltinModule('node:crypto')
const zlib = () => process.getBuiltinModule('node:zlib')

const nodeKeys: KeyPlatform = {
  generateKey: (type, bits = 2048) => goPem(newKey(type, bits)),
  normalizeKey: (pem) => goPem(crypto().createPrivateKey(pem)),
  publicKey: (pem) => crypto().createPublicKey(pem).export({ type: 'spki', format: 'der' }),
  sign: (pem, data) => {
    const key = crypto().createPrivateKey(pem)
    return crypto().sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key)
  },
  hmacSha256: (key, data) => crypto().createHmac('sha256', key).update(data).digest(),
  scrypt: (password, salt, { cost, blockSize, parallelization, length }) =>
    crypto().scryptSync(password, salt, length, {
      N: cost,
      r: blockSize,
      p: parallelization,
      maxmem: 128 * 1024 * 1024,
    }),
  aesCbc: (direction, key, iv, data) => {
    const cipher = (direction === 'encrypt' ? crypto().createCipheriv : crypto().createDecipheriv)(
      'aes-256-cbc',
      key,
      iv,
    )
    cipher.setAutoPadding(false)
    return Buffer.concat([cipher.update(data), cipher.final()])
  },
}

function newKey(type: 'rsa' | 'ecdsa' | 'ed25519', bits: number): KeyObject {
  switch (type) {
    case 'rsa':
      return newRsaKey(bits)
    case 'ecdsa':
      return crypto().generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    case 'ed25519':
      return crypto().generateKeyPairSync('ed25519').privateKey
  }
}

/** The form in which Go writes a private key of this type. */
function goPem(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString()
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString()
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

const SMALLEST_CHUNK = 1024
const LARGEST_CHUNK = 8 * 1024 * 1024

/** What a gzip stream says of its length (RFC 1952, ISIZE), so that it need not be put together of many pieces. It may lie. */
function unpackedLength(data: Uint8Array): number {
  const { buffer, byteOffset, length } = data
  return length < 4 ? 0 : new DataView(buffer, byteOffset).getUint32(length - 4, true) + 1
}

/** What charts need, from Node: real time, real randomness. */
export const nodePlatform: Platform = {
  gzip: (data) => zlib().gzipSync(data, { level: 9 }),
  gunzip: (data, maxLength) => {
    const chunkSize = Math.min(unpackedLength(data), maxLength, LARGEST_CHUNK)
    return zlib().gunzipSync(data, { maxOutputLength: maxLength, chunkSize: Math.max(chunkSize, SMALLEST_CHUNK) })
  },
  digest: (algorithm, data) => crypto().createHash(algorithm).update(data).digest(),
  randomBytes: (length) => crypto().randomBytes(length),
  now: () => new Date(),
  processorTime() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  get timeZone() {
    return Intl.DateTimeFormat().resolvedOptions().timeZone
  },
  keys: nodeKeys,
}

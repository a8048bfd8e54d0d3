import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
  sign,
} from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { KeyPlatform, Platform } from '@slipway/helm-chart'

const nodeKeys: KeyPlatform = {
  generateKey: (type, bits = 2048) => goPem(newKey(type, bits)),
  normalizeKey: (pem) => goPem(createPrivateKey(pem)),
  publicKey: (pem) => createPublicKey(pem).export({ type: 'spki', format: 'der' }),
  sign: (pem, data) => {
    const key = createPrivateKey(pem)
    return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key)
  },
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  scrypt: (password, salt, { cost, blockSize, parallelization, length }) =>
    scryptSync(password, salt, length, { N: cost, r: blockSize, p: parallelization, maxmem: 128 * 1024 * 1024 }),
  aesCbc: (direction, key, iv, data) => {
    const cipher = (direction === 'encrypt' ? createCipheriv : createDecipheriv)('aes-256-cbc', key, iv)
    cipher.setAutoPadding(false)
    return Buffer.concat([cipher.update(data), cipher.final()])
  },
}

function newKey(type: 'rsa' | 'ecdsa' | 'ed25519', bits: number): KeyObject {
  switch (type) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
    case 'ecdsa':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey
  }
}

/** The form in which Go writes a private key of this type. */
function goPem(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString()
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString()
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** What charts need, from Node: real time, real randomness. */
export const nodePlatform: Platform = {
  gzip: (data) => gzipSync(data, { level: 9 }),
  gunzip: (data, maxLength) => gunzipSync(data, { maxOutputLength: maxLength }),
  digest: (algorithm, data) => createHash(algorithm).update(data).digest(),
  randomBytes: (length) => randomBytes(length),
  now: () => new Date(),
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  keys: nodeKeys,
}

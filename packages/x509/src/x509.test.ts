import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  authorityKeyId,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  KeyUse,
  keyUsage,
  makeCertificate,
  Purpose,
  readIssuer,
  subjectAltName,
  subjectKeyId,
} from './index.ts'

const PERIOD = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2050-01-01T00:00:00Z') }
const KEY_ID = Uint8Array.from({ length: 20 }, (_, index) => index)

const spki = (key: KeyObject): Uint8Array => createPublicKey(key).export({ type: 'spki', format: 'der' })

const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const KINDS: [string, () => KeyObject, 'sha256' | null][] = [
  ['an elliptic curve', ec, 'sha256'],
  ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'sha256'],
  ['Ed25519', () => generateKeyPairSync('ed25519').privateKey, null],
]

describe('a certificate', () => {
  it.each(KINDS)('is signed with a key of %s', (_, newKey, digest) => {
    const key = newKey()
    const name = distinguishedName(['CN', 'authority'])
    const signer = { publicKey: spki(key), sign: (bytes: Uint8Array) => sign(digest, bytes, key) }
    const extensions = [basicConstraints(true), keyUsage(KeyUse.keyCertSign, KeyUse.crlSign), subjectKeyId(KEY_ID)]
    const fields = { serial: Uint8Array.of(1), issuer: name, subject: name, publicKey: spki(key), extensions }

    const certificate = new X509Certificate(makeCertificate({ ...fields, ...PERIOD }, signer))

    expect(certificate.verify(createPublicKey(key))).toBe(true)
    expect(certificate.ca).toBe(true)
    expect(readIssuer(certificate.raw).keyId).toEqual(Buffer.from(KEY_ID))
  })

  it('says whom it is for, from whom, how long, and for what', () => {
    const key = ec()
    const signer = { publicKey: spki(key), sign: (bytes: Uint8Array) => sign('sha256', bytes, key) }
    const names = { dnsNames: ['a.example', 'b'], ips: [Uint8Array.of(127, 0, 0, 1), new Uint8Array(16).fill(1, 15)] }
    const extensions = [
      basicConstraints(false),
      keyUsage(KeyUse.digitalSignature),
      extendedKeyUsage(Purpose.serverAuth, Purpose.clientAuth),
      authorityKeyId(KEY_ID),
      subjectAltName(names),
    ]
    const certificate = new X509Certificate(
      makeCertificate(
        {
          ...{ serial: Uint8Array.of(0xff, 1), issuer: distinguishedName(['CN', 'authority']), ...PERIOD },
          ...{ subject: distinguishedName(['CN', 'zoë'], ['O', 'a, O=b']), publicKey: spki(ec()), extensions },
        },
        signer,
      ),
    )

    expect(certificate.serialNumber).toBe('FF01')
    expect([certificate.issuer, certificate.subject]).toEqual(['CN=authority', 'CN=zoë\nO=a\\, O=b'])
    expect(certificate.subjectAltName).toBe('DNS:a.example, DNS:b, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(certificate.keyUsage).toEqual([Purpose.serverAuth, Purpose.clientAuth])
    expect([certificate.validFrom, certificate.validTo]).toEqual([
      'Jan  1 00:00:00 2026 GMT',
      'Jan  1 00:00:00 2050 GMT',
    ])
    expect(readIssuer(certificate.raw).keyId).toBeUndefined()
  })

  it('that is none is refused', () => {
    expect(() => readIssuer(Uint8Array.of(0x30, 0x82, 1))).toThrow('asn1: syntax error')
  })
})

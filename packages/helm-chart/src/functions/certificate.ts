import type { KeyPlatform, Platform } from '../platform.ts'
import { bits, boolean, contentOf, der, elementsIn, integer, nothing, octets, oid, sequence, time } from './der.ts'
import { readPem, writePem } from './pem.ts'

/** A certificate and its key, both in PEM. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** Whom a certificate is for. */
export interface CertificateRequest {
  readonly commonName: string
  readonly ips: readonly Uint8Array[]
  readonly dnsNames: readonly string[]
  readonly daysValid: number
  readonly isAuthority: boolean
  /** The private key of the certificate, in PEM. */
  readonly key: string
  /** Who signs; without it the certificate signs itself. */
  readonly issuer?: CertificatePair
}

type CertificatePlatform = Pick<Platform, 'digest' | 'randomBytes' | 'now'> & { readonly keys: KeyPlatform }

const encoder = new TextEncoder()
const day = 86_400_000

/** Makes an X.509 certificate as Go's CreateCertificate does for Sprig (RFC 5280). */
export function makeCertificate(request: CertificateRequest, platform: CertificatePlatform): CertificatePair {
  const { keys } = platform
  const publicKey = keys.publicKey(request.key)
  const signingKey = request.issuer?.key ?? request.key
  const parent = request.issuer ? parseIssuer(request.issuer.cert) : undefined
  const subject = commonName(request.commonName)
  const notBefore = platform.now()
  const algorithm = signatureAlgorithm(keys.publicKey(signingKey))
  const body = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(platform.randomBytes(16)),
    algorithm,
    parent?.subject ?? subject,
    sequence(time(notBefore), time(new Date(notBefore.getTime() + request.daysValid * day))),
    subject,
    publicKey,
    der(0xa3, sequence(...extensions(request, keyId(publicKey, platform), parent?.keyId))),
  )
  const cert = sequence(body, algorithm, bits(keys.sign(signingKey, body)))
  return { cert: writePem('CERTIFICATE', cert), key: request.key }
}

/** Go names keys by a truncated SHA-256 of the key's bits (RFC 7093, method 1). */
function keyId(publicKey: Uint8Array, platform: Pick<Platform, 'digest'>): Uint8Array {
  const keyBits = contentOf(elementsIn(publicKey)[1] ?? new Uint8Array()).subarray(1)
  return platform.digest('sha256', keyBits).subarray(0, 20)
}

function commonName(name: string): Uint8Array {
  if (name === '') return sequence()
  const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(name)
  return sequence(der(0x31, sequence(oid('2.5.4.3'), der(isPrintable ? 0x13 : 0x0c, encoder.encode(name)))))
}

function signatureAlgorithm(publicKey: Uint8Array): Uint8Array {
  const [algorithm] = elementsIn(publicKey)
  const name = String(algorithm && elementsIn(algorithm)[0])
  if (name === String(oid('1.2.840.10045.2.1'))) return sequence(oid('1.2.840.10045.4.3.2'))
  if (name === String(oid('1.3.101.112'))) return sequence(oid('1.3.101.112'))
  return sequence(oid('1.2.840.113549.1.1.11'), nothing)
}

function extensions(request: CertificateRequest, ownId: Uint8Array, parentId: Uint8Array | undefined): Uint8Array[] {
  const { isAuthority, ips, dnsNames } = request
  const extension = (id: string, critical: boolean, value: Uint8Array) =>
    sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))
  // digitalSignature and keyEncipherment; an authority may also sign certificates.
  const usage = isAuthority ? bits(Uint8Array.of(0xa4), 2) : bits(Uint8Array.of(0xa0), 5)
  const names = [...dnsNames.map((name) => der(0x82, encoder.encode(name))), ...ips.map((ip) => der(0x87, ip))]
  return [
    extension('2.5.29.15', true, usage),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.19', true, isAuthority ? sequence(boolean(true)) : sequence()),
    ...(isAuthority ? [extension('2.5.29.14', false, octets(ownId))] : []),
    ...(parentId ? [extension('2.5.29.35', false, sequence(der(0x80, parentId)))] : []),
    ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
  ]
}

function parseIssuer(pem: string): { subject: Uint8Array; keyId: Uint8Array | undefined } {
  const data = readPem('CERTIFICATE', pem)
  if (!data) throw new Error('unable to decode certificate')
  const fields = elementsIn(elementsIn(data)[0] ?? new Uint8Array())
  // Version, serial, algorithm, issuer, validity, subject, key, extensions.
  const [subject, list] = [fields[5], fields.find((field) => field[0] === 0xa3)]
  if (!subject) throw new Error('error parsing certificate: x509: malformed certificate')
  const wanted = String(oid('2.5.29.14'))
  for (const extension of list ? elementsIn(elementsIn(list)[0] ?? list) : []) {
    const parts = elementsIn(extension)
    const value = parts.at(-1)
    if (String(parts[0]) === wanted && value) return { subject, keyId: contentOf(elementsIn(value)[0] ?? value) }
  }
  return { subject, keyId: undefined }
}

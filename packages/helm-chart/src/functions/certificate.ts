import {
  authorityKeyId,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  KeyUse,
  keyBits,
  keyUsage,
  makeCertificate as makeX509,
  Purpose,
  readIssuer,
  subjectAltName,
  subjectKeyId,
} from '@slipway/x509'
import type { KeyPlatform, Platform } from '../platform.ts'
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

const day = 86_400_000

/** Makes an X.509 certificate as Go's CreateCertificate does for Sprig. */
export function makeCertificate(request: CertificateRequest, platform: CertificatePlatform): CertificatePair {
  const { keys } = platform
  const publicKey = keys.publicKey(request.key)
  const signingKey = request.issuer?.key ?? request.key
  const parent = request.issuer ? parseIssuer(request.issuer.cert) : undefined
  const subject = request.commonName === '' ? distinguishedName() : distinguishedName(['CN', request.commonName])
  const notBefore = platform.now()
  const cert = makeX509(
    {
      serial: platform.randomBytes(16),
      issuer: parent?.subject ?? subject,
      subject,
      notBefore,
      notAfter: new Date(notBefore.getTime() + request.daysValid * day),
      publicKey,
      extensions: extensions(request, keyId(publicKey, platform), parent?.keyId),
    },
    { publicKey: keys.publicKey(signingKey), sign: (bytes) => keys.sign(signingKey, bytes) },
  )
  return { cert: writePem('CERTIFICATE', cert), key: request.key }
}

/** Go names keys by a truncated SHA-256 of the key's bits (RFC 7093, method 1). */
function keyId(publicKey: Uint8Array, platform: Pick<Platform, 'digest'>): Uint8Array {
  return platform.digest('sha256', keyBits(publicKey)).subarray(0, 20)
}

function extensions(request: CertificateRequest, ownId: Uint8Array, parentId: Uint8Array | undefined): Uint8Array[] {
  const { isAuthority, ips, dnsNames } = request
  const { digitalSignature, keyEncipherment, keyCertSign } = KeyUse
  return [
    keyUsage(digitalSignature, keyEncipherment, ...(isAuthority ? [keyCertSign] : [])),
    extendedKeyUsage(Purpose.serverAuth, Purpose.clientAuth),
    basicConstraints(isAuthority),
    ...(isAuthority ? [subjectKeyId(ownId)] : []),
    ...(parentId ? [authorityKeyId(parentId)] : []),
    ...(dnsNames.length + ips.length > 0 ? [subjectAltName({ dnsNames, ips })] : []),
  ]
}

function parseIssuer(pem: string): ReturnType<typeof readIssuer> {
  const data = readPem('CERTIFICATE', pem)
  if (!data) throw new Error('unable to decode certificate')
  return readIssuer(data)
}

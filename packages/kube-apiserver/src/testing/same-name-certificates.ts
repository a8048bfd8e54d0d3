import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { CertificatePair } from '../certificates.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** An authority and a server's certificate for 127.0.0.1 that it issued, with one and the same name, as knative makes them. */
export async function createSameNameCertificates(): Promise<{ ca: { cert: string }; server: CertificatePair }> {
  const [authority, own] = await Promise.all([newKeys(), newKeys()])
  const name = { subject: 'CN=webhook', issuer: 'CN=webhook' }
  const period = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const signed = { ...name, ...period, signingKey: authority.privateKey, signingAlgorithm: ALGORITHM }
  const ca = await X509CertificateGenerator.create({
    ...{ ...signed, serialNumber: '01', publicKey: authority.publicKey },
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  const server = await X509CertificateGenerator.create({
    ...{ ...signed, serialNumber: '02', publicKey: own.publicKey },
    extensions: [
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
  return {
    ca: { cert: ca.toString('pem') },
    server: { cert: server.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') },
  }
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { CertificatePair } from '../certificates.ts'
import type { CertificateSubject } from './signer-rules.ts'

// Without it the package would look for a global of browsers.
cryptoProvider.set('default', webcrypto as Parameters<typeof cryptoProvider.set>[1])

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A request for a certificate that was read. */
export interface ReadRequest {
  request: Pkcs10CertificateRequest
  subject: CertificateSubject
}

/** How long a certificate holds at most: --cluster-signing-duration's default. */
const YEAR = 365 * 24 * 3600
const TEN_MINUTES = 600
/** For clocks that are late. */
const BACKDATE = 300
/** What lives shorter is not shortened by the backdating. */
const SHORT = 8 * 3600

/** Reads a PKCS#10 request in PEM. Throws an Error when it is none, or not signed with its own key. */
export async function readRequest(text: string): Promise<ReadRequest> {
  const request = new Pkcs10CertificateRequest(PemConverter.decodeFirst(text))
  if (!(await request.verify())) throw new Error('unable to verify certificate request signature')
  const { subjectName } = request
  const names = alternativeNames(request)?.names.toJSON() ?? []
  const ofType = (wanted: string): string[] => names.flatMap(({ type, value }) => (type === wanted ? value : []))
  const subject = {
    commonName: subjectName.getField('CN')[0] ?? '',
    organizations: subjectName.getField('O'),
    names: { dns: ofType('dns'), ip: ofType('ip'), email: ofType('email'), uri: ofType('url') },
  }
  return { request, subject }
}

/** The certificate in PEM, as kube-controller-manager's signers make it: the request's subject and names, the usages that were approved. */
export async function signRequest(
  { request }: ReadRequest,
  authority: CertificatePair,
  { usages, expirationSeconds = YEAR, now }: { usages: string[]; expirationSeconds?: number; now: Date },
): Promise<string> {
  const issuer = new X509Certificate(authority.cert)
  const keyId = issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId
  const seconds = Math.min(Math.max(expirationSeconds, TEN_MINUTES), YEAR)
  const after = (later: number): Date => new Date(now.getTime() + later * 1000)
  const notAfter = after(seconds < SHORT ? seconds : seconds - BACKDATE)
  const names = alternativeNames(request)
  const flags = keyUsages(usages)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: request.subjectName,
    issuer: issuer.subjectName,
    notBefore: after(-BACKDATE),
    notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
    publicKey: request.publicKey,
    signingKey: await privateKeyOf(authority),
    signingAlgorithm: ALGORITHM,
    extensions: [
      // One that allows nothing would be invalid.
      ...(flags ? [new KeyUsagesExtension(flags, true)] : []),
      new ExtendedKeyUsageExtension(usages.flatMap((usage) => PURPOSES[usage] ?? [])),
      new BasicConstraintsExtension(false, undefined, true),
      ...(keyId !== undefined ? [new AuthorityKeyIdentifierExtension(keyId)] : []),
      ...(names ? [names] : []),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

const privateKeyOf = ({ key }: CertificatePair): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(key), ALGORITHM, true, ['sign'])

/** One that is positive, as RFC 5280 wants it. */
const serial = (): string => webcrypto.randomUUID().replaceAll('-', '').replace(/^./, '1')

/** Those that the signers let pass. */
const KEY_USAGES: Partial<Record<string, KeyUsageFlags>> = {
  'digital signature': KeyUsageFlags.digitalSignature,
  'key encipherment': KeyUsageFlags.keyEncipherment,
}
const PURPOSES: Partial<Record<string, ExtendedKeyUsage>> = {
  'client auth': ExtendedKeyUsage.clientAuth,
  'server auth': ExtendedKeyUsage.serverAuth,
}

const keyUsages = (usages: string[]): KeyUsageFlags =>
  usages.reduce((flags, usage) => flags | (KEY_USAGES[usage] ?? 0), 0 as KeyUsageFlags)

const alternativeNames = ({ extensions }: Pkcs10CertificateRequest): SubjectAlternativeNameExtension | undefined =>
  extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension)

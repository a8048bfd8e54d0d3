import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { CertificatePair } from '../certificates.ts'
import { ALGORITHM, importAuthority, pem, serial } from '../issue-certificates.ts'
import type { CertificateSubject } from './signer-rules.ts'

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
  const issuer = await importAuthority(authority)
  const seconds = Math.min(Math.max(expirationSeconds, TEN_MINUTES), YEAR)
  const after = (later: number): Date => new Date(now.getTime() + later * 1000)
  const notAfter = after(seconds < SHORT ? seconds : seconds - BACKDATE)
  const names = alternativeNames(request)
  const flags = keyUsages(usages)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: request.subjectName,
    issuer: issuer.name,
    notBefore: after(-BACKDATE),
    notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
    publicKey: request.publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      // One that allows nothing would be invalid.
      ...(flags ? [new KeyUsagesExtension(flags, true)] : []),
      new ExtendedKeyUsageExtension(usages.flatMap((usage) => PURPOSES[usage] ?? [])),
      new BasicConstraintsExtension(false, undefined, true),
      ...(names ? [names] : []),
    ],
  })
  return pem(certificate)
}

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

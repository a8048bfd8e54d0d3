import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

import type { CertificateOptions, CertificatePair, Certificates } from './certificates.ts'

type KeyPair = webcrypto.CryptoKeyPair

// Without it the package would look for a global of browsers.
cryptoProvider.set('default', webcrypto as Parameters<typeof cryptoProvider.set>[1])

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** See createCertificates. */
export async function issueAll({ hosts = [], now, days = 3650 }: CertificateOptions): Promise<Certificates> {
  const period = { notBefore: new Date(now.getTime() - 60_000), notAfter: new Date(now.getTime() + days * 86_400_000) }
  const keys = await newKeys()
  const name = 'CN=slipway-ca'
  const ca = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name,
    issuer: name,
    ...period,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature | KeyUsageFlags.cRLSign, true),
    ],
  })
  const issuer = { name, keys, ...period }
  const [server, client] = await Promise.all([
    issue(issuer, 'CN=kube-apiserver', ExtendedKeyUsage.serverAuth, [serverNames(hosts)]),
    issue(issuer, 'CN=kubernetes-admin, O=system:masters', ExtendedKeyUsage.clientAuth),
  ])
  return { ca: { cert: pem(ca), key: await keyPem(keys) }, server, client }
}

interface Issuer {
  name: string
  keys: KeyPair
  notBefore: Date
  notAfter: Date
}

/** See createServerCertificate. */
export async function issueServer(ca: CertificatePair, options: CertificateOptions): Promise<CertificatePair> {
  const names = serverNames(options.hosts ?? [])
  return await issue(await issuerOf(ca, options), 'CN=kube-apiserver', ExtendedKeyUsage.serverAuth, [names])
}

/** See createClientCertificate. */
export async function issueClient(
  ca: CertificatePair,
  subject: { user: string; groups?: string[] },
  { now, days = 3650 }: CertificateOptions,
): Promise<CertificatePair> {
  const issuer = await issuerOf(ca, { now, days })
  const names = [`CN=${subject.user}`, ...(subject.groups ?? []).map((group) => `O=${group}`)]
  return await issue(issuer, names.join(', '), ExtendedKeyUsage.clientAuth)
}

async function issuerOf(ca: CertificatePair, { now, days = 3650 }: CertificateOptions): Promise<Issuer> {
  const privateKey = await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(ca.key), ALGORITHM, true, [
    'sign',
  ])
  const certificate = new X509Certificate(ca.cert)
  const publicKey = await certificate.publicKey.export(ALGORITHM, ['verify'])
  return {
    name: certificate.subject,
    keys: { privateKey, publicKey } as KeyPair,
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: new Date(now.getTime() + days * 86_400_000),
  }
}

function serverNames(hosts: string[]): SubjectAlternativeNameExtension {
  const names = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    '127.0.0.1',
    '::1',
    ...hosts,
  ]
  return new SubjectAlternativeNameExtension([...new Set(names)].map(generalName))
}

async function issue(
  issuer: Issuer,
  subject: string,
  usage: ExtendedKeyUsage,
  more: SubjectAlternativeNameExtension[] = [],
): Promise<CertificatePair> {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer: issuer.name,
    notBefore: issuer.notBefore,
    notAfter: issuer.notAfter,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      ...more,
    ],
  })
  return { cert: pem(certificate), key: await keyPem(keys) }
}

async function newKeys(): Promise<KeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as KeyPair
}

async function keyPem({ privateKey }: KeyPair): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey as webcrypto.CryptoKey), 'PRIVATE KEY')}\n`
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

function generalName(name: string): { type: GeneralNameType; value: string } {
  return { type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name }
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .replace(/^./, '1')
}

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

import { FRONT_PROXY_USER } from './aggregation/front-proxy.ts'
import type { CertificateOptions, CertificatePair, Certificates, FrontProxy } from './certificates.ts'

type KeyPair = webcrypto.CryptoKeyPair

// Without it the package would look for a global of browsers.
cryptoProvider.set('default', webcrypto as Parameters<typeof cryptoProvider.set>[1])

export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** See createCertificates. */
export async function issueAll(options: CertificateOptions): Promise<Certificates> {
  const [{ ca, keys, issuer }, frontProxy] = await Promise.all([
    newAuthority('slipway-ca', options),
    issueFrontProxy(options),
  ])
  const [server, client] = await Promise.all([
    issue(issuer, 'CN=kube-apiserver', ExtendedKeyUsage.serverAuth, [serverNames(options.hosts ?? [])]),
    issue(issuer, 'CN=kubernetes-admin, O=system:masters', ExtendedKeyUsage.clientAuth),
  ])
  return { ca: { cert: pem(ca), key: await keyPem(keys) }, server, client, frontProxy }
}

/** See createFrontProxy. */
export async function issueFrontProxy(options: CertificateOptions): Promise<FrontProxy> {
  const { ca, issuer } = await newAuthority('slipway-front-proxy-ca', options)
  return { ca: pem(ca), ...(await issue(issuer, `CN=${FRONT_PROXY_USER}`, ExtendedKeyUsage.clientAuth)) }
}

interface Issuer {
  name: string
  privateKey: KeyPair['privateKey']
  notBefore: Date
  notAfter: Date
}

async function newAuthority(
  commonName: string,
  options: CertificateOptions,
): Promise<{ ca: X509Certificate; keys: KeyPair; issuer: Issuer }> {
  const keys = await newKeys()
  const issuer = { name: `CN=${commonName}`, privateKey: keys.privateKey, ...period(options) }
  const { name, notBefore, notAfter } = issuer
  const ca = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name,
    issuer: name,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature | KeyUsageFlags.cRLSign, true),
    ],
  })
  return { ca, keys, issuer }
}

const DAY = 86_400_000

/** Good since the day before: a machine's clock may be ahead until it has asked for the time. */
function period({ now, days = 3650 }: CertificateOptions): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - DAY), notAfter: new Date(now.getTime() + days * DAY) }
}

/** See createServerCertificate. */
export async function issueServer(ca: CertificatePair, options: CertificateOptions): Promise<CertificatePair> {
  const extensions = [serverNames(options.hosts ?? [])]
  return await issue(await issuerOf(ca, options), 'CN=kube-apiserver', ExtendedKeyUsage.serverAuth, extensions)
}

/** See createKubeletCertificate. */
export async function issueKubelet(
  ca: CertificatePair,
  { node, ...options }: CertificateOptions & { node: string; hosts: string[] },
): Promise<CertificatePair> {
  const subject = `CN=system:node:${node}, O=system:nodes`
  return await issue(await issuerOf(ca, options), subject, ExtendedKeyUsage.serverAuth, [names(options.hosts)])
}

/** See createClientCertificate. */
export async function issueClient(
  ca: CertificatePair,
  subject: { user: string; groups?: string[] },
  options: CertificateOptions,
): Promise<CertificatePair> {
  const issuer = await issuerOf(ca, options)
  const parts = [`CN=${subject.user}`, ...(subject.groups ?? []).map((group) => `O=${group}`)]
  return await issue(issuer, parts.join(', '), ExtendedKeyUsage.clientAuth)
}

/** A CA that was stored, ready to sign. */
export async function importAuthority(
  ca: CertificatePair,
): Promise<{ name: string; privateKey: webcrypto.CryptoKey; notAfter: Date }> {
  const der = PemConverter.decodeFirst(ca.key)
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign'])
  const { subject, notAfter } = new X509Certificate(ca.cert)
  return { name: subject, privateKey, notAfter }
}

async function issuerOf(ca: CertificatePair, options: CertificateOptions): Promise<Issuer> {
  const { name, privateKey } = await importAuthority(ca)
  return { name, privateKey, ...period(options) }
}

function serverNames(hosts: string[]): SubjectAlternativeNameExtension {
  return names([
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    '127.0.0.1',
    '::1',
    ...hosts,
  ])
}

const names = (hosts: string[]): SubjectAlternativeNameExtension =>
  new SubjectAlternativeNameExtension([...new Set(hosts)].map(generalName))

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
    signingKey: issuer.privateKey,
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

export function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

function generalName(name: string): { type: GeneralNameType; value: string } {
  return { type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name }
}

export function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .replace(/^./, '1')
}

import { createHash, createPublicKey, generateKeyPair, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'
import { promisify } from 'node:util'
import {
  authorityKeyId,
  basicConstraints,
  distinguishedName,
  extendedKeyUsage,
  KeyUse,
  keyBits,
  keyUsage,
  makeCertificate,
  Purpose,
  readIssuer,
  subjectAltName,
  subjectKeyId,
} from '@slipway/x509'
import { FRONT_PROXY_USER } from './aggregation/front-proxy.ts'

/** A certificate and its private key as PEM texts. */
export interface CertificatePair {
  cert: string
  key: string
}

/** Everything that TLS of one API server needs. Store it: new certificates lock out old kubeconfigs. */
export interface Certificates {
  ca: CertificatePair
  server: CertificatePair
  /** User `kubernetes-admin` of group `system:masters`. */
  client: CertificatePair
  frontProxy: FrontProxy
}

/** As whom the server speaks to those behind it, which trust nobody else of this CA (`requestheader-client-ca-file`). */
export interface FrontProxy extends CertificatePair {
  /** The CA's certificate; nothing else is ever signed with its key. */
  ca: string
}

export interface CertificateOptions {
  /** Host names and IP addresses under which the server is reached, besides localhost and 127.0.0.1. */
  hosts?: string[]
  now: Date
  /** @default 10 years */
  days?: number
}

/** Makes a CA, a server certificate and the administrator's client certificate (ECDSA P-256). */
export async function createCertificates(options: CertificateOptions): Promise<Certificates> {
  const [ca, frontProxy] = await Promise.all([newAuthority('slipway-ca', options), createFrontProxy(options)])
  const [server, client] = await Promise.all([
    createServerCertificate(ca, options),
    createClientCertificate(ca, { user: 'kubernetes-admin', groups: ['system:masters'] }, options),
  ])
  return { ca, server, client, frontProxy }
}

/** What certificates that were stored before there were aggregated APIs lack. */
export async function createFrontProxy(options: CertificateOptions): Promise<FrontProxy> {
  const ca = await newAuthority('slipway-front-proxy-ca', options)
  return { ca: ca.cert, ...(await createClientCertificate(ca, { user: FRONT_PROXY_USER }, options)) }
}

/** A server certificate of an existing CA, for a server that is reached under other names than before. */
export async function createServerCertificate(
  ca: CertificatePair,
  options: CertificateOptions,
): Promise<CertificatePair> {
  const names = subjectNames([...OWN_NAMES, ...(options.hosts ?? [])])
  return await issue(
    ca,
    { subject: distinguishedName(['CN', 'kube-apiserver']), purpose: 'serverAuth', names },
    options,
  )
}

/** The certificate with which the kubelet of a node serves; `hosts` are all its names and addresses. */
export async function createKubeletCertificate(
  ca: CertificatePair,
  options: CertificateOptions & { node: string; hosts: string[] },
): Promise<CertificatePair> {
  const subject = distinguishedName(['CN', `system:node:${options.node}`], ['O', 'system:nodes'])
  return await issue(ca, { subject, purpose: 'serverAuth', names: subjectNames(options.hosts) }, options)
}

/** A client certificate of an existing CA: `user` is the CN, every group an O. */
export async function createClientCertificate(
  ca: CertificatePair,
  { user, groups = [] }: { user: string; groups?: string[] },
  options: CertificateOptions,
): Promise<CertificatePair> {
  const subject = distinguishedName(['CN', user], ...groups.map((group): ['O', string] => ['O', group]))
  return await issue(ca, { subject, purpose: 'clientAuth' }, options)
}

/** Under which every API server is reached. */
const OWN_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
]
const DAY = 86_400_000

async function newAuthority(commonName: string, options: CertificateOptions): Promise<CertificatePair> {
  const { publicKey, privateKey } = await newKeys()
  const name = distinguishedName(['CN', commonName])
  const { keyCertSign, digitalSignature, crlSign } = KeyUse
  const fields = {
    ...{ serial: serial(), issuer: name, subject: name, publicKey, ...period(options) },
    // Clients that check strictly, such as Python's since 3.13, want keys to have identifiers (RFC 5280, section 4.2.1.1).
    extensions: [
      basicConstraints(true),
      keyUsage(keyCertSign, digitalSignature, crlSign),
      subjectKeyId(keyIdOf(publicKey)),
    ],
  }
  return { cert: pem(makeCertificate(fields, signer(publicKey, privateKey))), key: privateKey }
}

interface Wanted {
  /** In DER. */
  subject: Uint8Array
  purpose: keyof typeof Purpose
  /** An extension. */
  names?: Uint8Array
}

async function issue(
  ca: CertificatePair,
  { subject, purpose, names }: Wanted,
  options: CertificateOptions,
): Promise<CertificatePair> {
  const { publicKey, privateKey } = await newKeys()
  const authority = createPublicKey(ca.key).export({ type: 'spki', format: 'der' })
  const issuer = readIssuer(new X509Certificate(ca.cert).raw)
  const fields = {
    ...{ serial: serial(), issuer: issuer.subject, subject, publicKey, ...period(options) },
    extensions: [
      basicConstraints(false),
      keyUsage(KeyUse.digitalSignature),
      extendedKeyUsage(Purpose[purpose]),
      ...(issuer.keyId ? [authorityKeyId(issuer.keyId)] : []),
      ...(names ? [names] : []),
    ],
  }
  return { cert: pem(makeCertificate(fields, signer(authority, ca.key))), key: privateKey }
}

async function newKeys(): Promise<{ publicKey: Uint8Array; privateKey: string }> {
  return await promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

const signer = (publicKey: Uint8Array, privateKey: string) => ({
  publicKey,
  sign: (bytes: Uint8Array): Uint8Array => sign('sha256', bytes, privateKey),
})

/** By a truncated SHA-256 of the key's bits (RFC 7093, method 1). */
const keyIdOf = (publicKey: Uint8Array): Uint8Array =>
  createHash('sha256').update(keyBits(publicKey)).digest().subarray(0, 20)

/** Good since the day before: a machine's clock may be ahead until it has asked for the time. */
function period({ now, days = 3650 }: CertificateOptions): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - DAY), notAfter: new Date(now.getTime() + days * DAY) }
}

const serial = (): Uint8Array => randomBytes(16)

function pem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function subjectNames(hosts: string[]): Uint8Array {
  const all = [...new Set(hosts)]
  const dnsNames = all.filter((host) => isIP(host) === 0)
  return subjectAltName({ dnsNames, ips: all.filter((host) => isIP(host) !== 0).map(addressBytes) })
}

function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number))
  // A URL has the form without dots, at most one gap (RFC 5952).
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [head, tail].map((text) =>
    text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16)),
  )
  const gap = new Array<number>(8 - (first?.length ?? 0) - (last?.length ?? 0)).fill(0)
  return Uint8Array.from([...(first ?? []), ...gap, ...(last ?? [])].flatMap((group) => [group >> 8, group & 0xff]))
}

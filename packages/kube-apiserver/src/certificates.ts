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

// Loading the X.509 code takes longer than starting the server, and only a first start needs it.

/** Makes a CA, a server certificate and the administrator's client certificate (ECDSA P-256). */
export async function createCertificates(options: CertificateOptions): Promise<Certificates> {
  const { issueAll } = await import('./issue-certificates.ts')
  return await issueAll(options)
}

/** What certificates that were stored before there were aggregated APIs lack. */
export async function createFrontProxy(options: CertificateOptions): Promise<FrontProxy> {
  const { issueFrontProxy } = await import('./issue-certificates.ts')
  return await issueFrontProxy(options)
}

/** A server certificate of an existing CA, for a server that is reached under other names than before. */
export async function createServerCertificate(
  ca: CertificatePair,
  options: CertificateOptions,
): Promise<CertificatePair> {
  const { issueServer } = await import('./issue-certificates.ts')
  return await issueServer(ca, options)
}

/** The certificate with which the kubelet of a node serves; `hosts` are all its names and addresses. */
export async function createKubeletCertificate(
  ca: CertificatePair,
  options: CertificateOptions & { node: string; hosts: string[] },
): Promise<CertificatePair> {
  const { issueKubelet } = await import('./issue-certificates.ts')
  return await issueKubelet(ca, options)
}

/** A client certificate of an existing CA: `user` is the CN, every group an O. */
export async function createClientCertificate(
  ca: CertificatePair,
  subject: { user: string; groups?: string[] },
  options: CertificateOptions,
): Promise<CertificatePair> {
  const { issueClient } = await import('./issue-certificates.ts')
  return await issueClient(ca, subject, options)
}

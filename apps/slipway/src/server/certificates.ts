import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { UserError } from '@slipway/errors'
import {
  type CertificatePair,
  type Certificates,
  createCertificates,
  createFrontProxy,
  createKubeletCertificate,
  createServerCertificate,
} from '@slipway/kube-apiserver'
import type { DataFolder } from '../data-folder.ts'

/** File of the data folder with all keys and certificates of the embedded cluster. */
export const CERTIFICATES = 'pki.json'

type StoredCertificates = Omit<Certificates, 'frontProxy'> & Partial<Certificates>

/**
 * The certificates of the embedded API: made at the first start, the same ever after, but for the server's when it has other names or
 * is out of its time. Throws UserError CERTIFICATES_NOT_VALID where all are.
 */
export async function openCertificates(folder: DataFolder, hosts: string[], now = new Date()): Promise<Certificates> {
  const stored = folder.readJson<StoredCertificates>(CERTIFICATES)
  const options = { hosts, now }
  const damaged = (cause: unknown): never => {
    throw cause instanceof UserError ? cause : folder.damaged(CERTIFICATES, cause)
  }
  const current = stored ? await upToDate(stored, options).catch(damaged) : await createCertificates(options)
  if (JSON.stringify(current) !== JSON.stringify(stored)) folder.write(CERTIFICATES, JSON.stringify(current))
  return current
}

const KUBELET_FILE = 'kubelet-pki.json'

/** With what the kubelet of a node serves: the same ever after, but for when it has other names. */
export async function openKubeletCertificate(
  folder: DataFolder,
  ca: CertificatePair,
  { node, hosts, now = new Date() }: { node: string; hosts: string[]; now?: Date },
): Promise<CertificatePair> {
  const known = folder.readJson<CertificatePair>(KUBELET_FILE)
  const isGood = ({ cert }: CertificatePair): boolean =>
    isCurrent(cert, now) && isOf(cert, ca.cert) && hosts.every((host) => isNamed(cert, host))
  if (known && isGood(known)) return known
  const made = await createKubeletCertificate(ca, { node, hosts, now })
  folder.write(KUBELET_FILE, JSON.stringify(made))
  return made
}

/** Every request to the API, our own among them, would fail for a reason that tells nobody what to do. */
function requireCurrent(ca: string, now: Date): void {
  if (isCurrent(ca, now)) return
  const { validFrom, validTo } = new X509Certificate(ca)
  const period = `from ${new Date(validFrom).toISOString()} to ${new Date(validTo).toISOString()}`
  throw new UserError(
    'CERTIFICATES_NOT_VALID',
    `the cluster's certificates are good ${period}, and it is ${now.toISOString()}`,
    {
      hint: `set the clock right, or remove ${CERTIFICATES} and kubeconfig of the data folder to have new ones; kubeconfigs must then be handed out anew`,
    },
  )
}

function isCurrent(pem: string, now: Date): boolean {
  const { validFrom, validTo } = new X509Certificate(pem)
  return new Date(validFrom) <= now && now <= new Date(validTo)
}

function isOf(pem: string, ca: string): boolean {
  return new X509Certificate(pem).verify(new X509Certificate(ca).publicKey)
}

/** What an earlier start stored, with what it lacks now. */
async function upToDate(
  { frontProxy, ...stored }: StoredCertificates,
  options: { hosts: string[]; now: Date },
): Promise<Certificates> {
  const { ca, client, server } = stored
  requireCurrent(ca.cert, options.now)
  const isGood = isCurrent(server.cert, options.now) && options.hosts.every((host) => isNamed(server.cert, host))
  return {
    ca,
    client,
    server: isGood ? server : await createServerCertificate(ca, options),
    frontProxy: frontProxy ?? (await createFrontProxy(options)),
  }
}

function isNamed(pem: string, host: string): boolean {
  const certificate = new X509Certificate(pem)
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}

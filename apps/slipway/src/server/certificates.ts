import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type CertificatePair,
  type Certificates,
  createCertificates,
  createFrontProxy,
  createKubeletCertificate,
  createServerCertificate,
} from '@slipway/kube-apiserver'
import type { DataFolder } from '../data-folder.ts'

const FILE = 'pki.json'

type StoredCertificates = Omit<Certificates, 'frontProxy'> & Partial<Certificates>

/** The certificates of the embedded API: made at the first start, the same ever after, but for the server's when it has other names. */
export async function openCertificates(folder: DataFolder, hosts: string[]): Promise<Certificates> {
  const stored = folder.readJson<StoredCertificates>(FILE)
  const options = { hosts, now: new Date() }
  const damaged = (cause: unknown): never => {
    throw folder.damaged(FILE, cause)
  }
  const current = stored ? await upToDate(stored, options).catch(damaged) : await createCertificates(options)
  if (JSON.stringify(current) !== JSON.stringify(stored)) folder.write(FILE, JSON.stringify(current))
  return current
}

const KUBELET_FILE = 'kubelet-pki.json'

/** With what the kubelet of a node serves: the same ever after, but for when it has other names. */
export async function openKubeletCertificate(
  folder: DataFolder,
  ca: CertificatePair,
  { node, hosts }: { node: string; hosts: string[] },
): Promise<CertificatePair> {
  const known = folder.readJson<CertificatePair>(KUBELET_FILE)
  if (known && isOf(known.cert, ca.cert) && hosts.every((host) => isNamed(known.cert, host))) return known
  const made = await createKubeletCertificate(ca, { node, hosts, now: new Date() })
  folder.write(KUBELET_FILE, JSON.stringify(made))
  return made
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
  const named = options.hosts.every((host) => isNamed(server.cert, host))
  return {
    ca,
    client,
    server: named ? server : await createServerCertificate(ca, options),
    frontProxy: frontProxy ?? (await createFrontProxy(options)),
  }
}

function isNamed(pem: string, host: string): boolean {
  const certificate = new X509Certificate(pem)
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}

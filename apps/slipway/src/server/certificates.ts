import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type Certificates, createCertificates, createServerCertificate } from '@slipway/kube-apiserver'
import type { DataFolder } from '../data-folder.ts'

const FILE = 'pki.json'

/** The certificates of the embedded API: made at the first start, the same ever after, but for the server's when it has other names. */
export async function openCertificates(folder: DataFolder, hosts: string[]): Promise<Certificates> {
  const stored = folder.read(FILE)
  const certificates = stored ? (JSON.parse(stored) as Certificates) : undefined
  if (certificates && hosts.every((host) => isNamed(certificates.server.cert, host))) return certificates
  const options = { hosts, now: new Date() }
  const current = certificates
    ? { ...certificates, server: await createServerCertificate(certificates.ca, options) }
    : await createCertificates(options)
  folder.write(FILE, JSON.stringify(current))
  return current
}

function isNamed(pem: string, host: string): boolean {
  const certificate = new X509Certificate(pem)
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}

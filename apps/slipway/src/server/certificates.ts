import { type Certificates, createCertificates } from '@slipway/kube-apiserver'
import type { DataFolder } from '../data-folder.ts'

const FILE = 'pki.json'

/** The certificates of the embedded API: made at the first start, the same ever after. */
export async function openCertificates(folder: DataFolder, host: string): Promise<Certificates> {
  const stored = folder.read(FILE)
  if (stored) return JSON.parse(stored) as Certificates
  const certificates = await createCertificates({ hosts: [host], now: new Date() })
  folder.write(FILE, JSON.stringify(certificates))
  return certificates
}

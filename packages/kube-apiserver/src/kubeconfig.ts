import { createPrivateKey } from 'node:crypto'
import { stringify } from '@slipway/go-yaml'
import type { CertificatePair } from './certificates.ts'

export interface KubeconfigInput {
  /** `https://127.0.0.1:7443` */
  server: string
  /** The CA's certificate as PEM. */
  ca: string
  client: CertificatePair
  /** Of cluster, context and user. @default slipway */
  name?: string
  namespace?: string
}

/** A kubeconfig, as YAML text, that needs no other file. It holds a private key: readable by its owner only. */
export function kubeconfigFor({ server, ca, client, name = 'slipway', namespace }: KubeconfigInput): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace && { namespace }) } }],
    'current-context': name,
    preferences: {},
    users: [
      {
        name,
        user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(namedKey(client.key)) },
      },
    ],
  })
}

/** `EC PRIVATE KEY` (RFC 5915), as client-go writes keys: fabric8's Java client takes what is only `PRIVATE KEY` for RSA. */
function namedKey(key: string): string {
  return createPrivateKey(key).export({ type: 'sec1', format: 'pem' }) as string
}

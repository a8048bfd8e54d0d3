import { fromBase64, toBase64 } from '../encoding.ts'

/** PEM text of a block (RFC 7468). */
export function writePem(label: string, data: Uint8Array): string {
  const lines = toBase64(data).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** The data of the first block with this label, undefined when there is none. */
export function readPem(label: string, text: string): Uint8Array | undefined {
  const match = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(text)
  return match?.[1] === undefined ? undefined : fromBase64(match[1].replaceAll(/\s/g, ''))
}

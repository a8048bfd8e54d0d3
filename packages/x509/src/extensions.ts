import { bits, boolean, der, octets, oid, sequence } from './der.ts'

export const SUBJECT_KEY_ID = '2.5.29.14'

/** Numbers of the bits of KeyUsage (RFC 5280, section 4.2.1.3). */
export const KeyUse = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, crlSign: 6 } as const
/** Of ExtKeyUsage (RFC 5280, section 4.2.1.12). */
export const Purpose = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const

export const basicConstraints = (isAuthority: boolean): Uint8Array =>
  extension('2.5.29.19', isAuthority ? sequence(boolean(true)) : sequence(), { critical: true })

/** `uses`: at least one. */
export function keyUsage(...uses: (typeof KeyUse)[keyof typeof KeyUse][]): Uint8Array {
  const byte = uses.reduce<number>((all, use) => all | (0x80 >> use), 0)
  return extension('2.5.29.15', bits(Uint8Array.of(byte), 7 - Math.max(...uses)), { critical: true })
}

export const extendedKeyUsage = (...purposes: string[]): Uint8Array =>
  extension('2.5.29.37', sequence(...purposes.map(oid)))

export const subjectKeyId = (id: Uint8Array): Uint8Array => extension(SUBJECT_KEY_ID, octets(id))

export const authorityKeyId = (id: Uint8Array): Uint8Array => extension('2.5.29.35', sequence(der(0x80, id)))

/** `ips`: four or sixteen bytes each. */
export function subjectAltName({
  dnsNames,
  ips,
}: {
  dnsNames: readonly string[]
  ips: readonly Uint8Array[]
}): Uint8Array {
  const encoder = new TextEncoder()
  const names = [...dnsNames.map((name) => der(0x82, encoder.encode(name))), ...ips.map((ip) => der(0x87, ip))]
  return extension('2.5.29.17', sequence(...names))
}

function extension(id: string, value: Uint8Array, { critical = false } = {}): Uint8Array {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))
}

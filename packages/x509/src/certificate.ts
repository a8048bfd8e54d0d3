import { bits, contentOf, der, elementsIn, integer, nothing, oid, sequence, time } from './der.ts'
import { SUBJECT_KEY_ID } from './extensions.ts'

/** What a certificate says; names and keys in DER. */
export interface CertificateFields {
  /** Big-endian bytes of the serial number, 20 at most (RFC 5280, section 4.1.2.2). */
  readonly serial: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

/** Who signs: SubjectPublicKeyInfo, by which the algorithm is known, and what signs bytes with the private key of it. */
export interface Signer {
  readonly publicKey: Uint8Array
  /** With SHA-256, but for keys of Ed25519. */
  sign(bytes: Uint8Array): Uint8Array
}

/** The bytes of an X.509 certificate of version 3 (RFC 5280, section 4.1). */
export function makeCertificate(fields: CertificateFields, signer: Signer): Uint8Array {
  const { serial, issuer, subject, notBefore, notAfter, publicKey, extensions } = fields
  const algorithm = signatureAlgorithm(signer.publicKey)
  const body = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey,
    der(0xa3, sequence(...extensions)),
  )
  return sequence(body, algorithm, bits(signer.sign(body)))
}

function signatureAlgorithm(publicKey: Uint8Array): Uint8Array {
  const [algorithm = publicKey] = elementsIn(publicKey)
  const [type = algorithm] = elementsIn(algorithm)
  if (isSame(type, oid('1.2.840.10045.2.1'))) return sequence(oid('1.2.840.10045.4.3.2'))
  if (isSame(type, oid('1.3.101.112'))) return sequence(oid('1.3.101.112'))
  return sequence(oid('1.2.840.113549.1.1.11'), nothing)
}

const ATTRIBUTES = { CN: '2.5.4.3', O: '2.5.4.10' }
const encoder = new TextEncoder()

/** A Name of such attributes, each in a set of its own (RFC 5280, section 4.1.2.4). */
export function distinguishedName(...attributes: [keyof typeof ATTRIBUTES, string][]): Uint8Array {
  return sequence(
    ...attributes.map(([type, value]) => {
      const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)
      return der(0x31, sequence(oid(ATTRIBUTES[type]), der(isPrintable ? 0x13 : 0x0c, encoder.encode(value))))
    }),
  )
}

/** The bits of a SubjectPublicKeyInfo, of which identifiers of keys are digests. */
export function keyBits(publicKey: Uint8Array): Uint8Array {
  return contentOf(elementsIn(publicKey)[1] ?? new Uint8Array()).subarray(1)
}

/** What a certificate says of those that it signs: its subject, and its key's identifier where it has one. Throws an Error for no DER. */
export function readIssuer(certificate: Uint8Array): { subject: Uint8Array; keyId: Uint8Array | undefined } {
  const fields = elementsIn(elementsIn(certificate)[0] ?? new Uint8Array())
  // Version, serial, algorithm, issuer, validity, subject, key, extensions.
  const [subject, list] = [fields[5], fields.find((field) => field[0] === 0xa3)]
  if (!subject) throw new Error('error parsing certificate: x509: malformed certificate')
  for (const extension of list ? elementsIn(elementsIn(list)[0] ?? list) : []) {
    const [type = extension, ...rest] = elementsIn(extension)
    const value = rest.at(-1)
    if (value && isSame(type, oid(SUBJECT_KEY_ID))) return { subject, keyId: contentOf(elementsIn(value)[0] ?? value) }
  }
  return { subject, keyId: undefined }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.join() === b.join()

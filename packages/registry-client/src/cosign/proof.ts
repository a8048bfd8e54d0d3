import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { messageOf, UserError } from '@slipway/errors'

/**
 * Something signed, as it was found: a payload of Red Hat's "simple signing" (cosign, specs/SIGNATURE_SPEC.md), or a statement of
 * in-toto in an envelope (DSSE, protocol.md).
 */
export type Proof =
  | { format: 'simple signing'; payload: Buffer; signature: Buffer }
  | { format: 'dsse'; payloadType: string; payload: Buffer; signatures: Buffer[] }

/** A public key in PEM. Throws UserError PUBLIC_KEY_INVALID. */
export function readPublicKey(pem: string, name: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (error) {
    throw new UserError('PUBLIC_KEY_INVALID', `${name} holds no public key: ${messageOf(error)}`, {
      hint: 'put in the cosign.pub that cosign generate-key-pair wrote',
      cause: error,
    })
  }
}

/** Whether the holder of one of the keys says it, and says it of the image with this digest. */
export function proves(proof: Proof, digest: string, keys: readonly KeyObject[]): boolean {
  const signed = proof.format === 'dsse' ? preAuthentication(proof.payloadType, proof.payload) : proof.payload
  const signatures = proof.format === 'dsse' ? proof.signatures : [proof.signature]
  // What was not signed by them is not even read.
  const isSigned = signatures.some((signature) => keys.some((key) => isSignature(key, signed, signature)))
  return isSigned && isAbout(proof, digest)
}

/** Cosign hashes with SHA-256, except for Ed25519, which hashes by itself. */
function isSignature(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  switch (key.asymmetricKeyType) {
    case 'ec':
    case 'rsa':
      return verify('sha256', signed, key, signature)
    case 'ed25519':
      return verify(null, signed, key, signature)
    default:
      return false
  }
}

/** PAE of DSSE: the type is part of what is signed. */
function preAuthentication(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload])
}

const STATEMENT = 'application/vnd.in-toto+json'

function isAbout(proof: Proof, digest: string): boolean {
  const said = parse(proof.payload)
  if (proof.format === 'simple signing') {
    const critical = (said as { critical?: { type?: string; image?: Record<string, string> } } | undefined)?.critical
    return (
      critical?.type === 'cosign container image signature' && critical.image?.['docker-manifest-digest'] === digest
    )
  }
  if (proof.payloadType !== STATEMENT) return false
  const subjects = (said as { subject?: { digest?: Record<string, string> }[] } | undefined)?.subject
  const [algorithm = '', hex] = digest.split(':')
  return Array.isArray(subjects) && subjects.some((subject) => subject?.digest?.[algorithm] === hex)
}

/** What the statement in an envelope claims of its subject, such as `https://slsa.dev/provenance/v1`. */
export function predicateTypeOf({ format, payload }: Proof): string | undefined {
  const type =
    format === 'dsse' ? (parse(payload) as { predicateType?: unknown } | undefined)?.predicateType : undefined
  return typeof type === 'string' ? type : undefined
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return undefined
  }
}

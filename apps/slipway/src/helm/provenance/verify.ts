import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import type { CleartextMessage, Key } from 'openpgp'
import { nodePlatform } from '../node-platform.ts'
import { keyPolicy, readKeyring } from './keyring.ts'

/** A packaged chart with what its provenance file says of it. */
export interface SignedChart {
  /** The name that the provenance file knows the archive by. */
  readonly fileName: string
  readonly archive: Uint8Array
  readonly provenance: string
}

/** `helm verify PATH`: checks a packaged chart by the `.prov` file beside it; what Helm prints. Throws UserError with Helm's text. */
export async function verifyFile(path: string, keyring: string): Promise<string> {
  const fail = (message: string): never => {
    throw new UserError('HELM_UNVERIFIED', message)
  }
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return fail(`stat ${path}: no such file or directory`)
  if (stats.isDirectory()) return fail('unpacked charts cannot be verified')
  if (!path.endsWith('.tgz')) return fail('chart must be a tgz file')
  const file = `${path}.prov`
  if (!existsSync(file)) {
    return fail(`could not load provenance file ${file}: stat ${file}: no such file or directory`)
  }
  const provenance = readFileSync(file, 'utf8')
  return verifyChart({ fileName: basename(path), archive: readFileSync(path), provenance }, keyring)
}

/** Who signed a chart, as Helm prints it. Throws UserError HELM_UNVERIFIED, HELM_KEYRING_UNREADABLE. */
export async function verifyChart(chart: SignedChart, keyring: string): Promise<string> {
  const keys = await readKeyring(keyring).catch((error: UserError) => {
    throw new UserError(error.code, `failed to load keyring: ${error.message}`, { cause: error })
  })
  const message = await readMessage(chart.provenance)
  const signer = await signerOf(message, keys)
  const digest = `sha256:${Buffer.from(nodePlatform.digest('sha256', chart.archive)).toString('hex')}`
  const { fileName } = chart
  const signed = signedDigests(message.getText())[fileName]
  if (signed === undefined) {
    throw unverified(`provenance does not contain a SHA for a file named ${JSON.stringify(fileName)}`)
  }
  if (signed !== digest) {
    const [theirs, ours] = [JSON.stringify(signed), JSON.stringify(digest)]
    throw unverified(`sha256 sum does not match for ${fileName}: ${theirs} != ${ours}`)
  }
  const names = signer.getUserIDs().map((name) => `Signed by: ${name}\n`)
  const fingerprint = signer.getFingerprint().toUpperCase()
  return `${names.join('')}Using Key With Fingerprint: ${fingerprint}\nChart Hash Verified: ${digest}\n`
}

function unverified(message: string, cause?: unknown): UserError {
  return new UserError('HELM_UNVERIFIED', message, { cause })
}

async function readMessage(cleartextMessage: string): Promise<CleartextMessage> {
  const { readCleartextMessage } = await import('openpgp')
  try {
    return await readCleartextMessage({ cleartextMessage })
  } catch (cause) {
    throw unverified('signature block not found', cause)
  }
}

/** What Go's messages call the algorithms. */
const goAlgorithms: Readonly<Record<string, string>> = {
  rsaEncryptSign: 'RSA',
  rsaSign: 'RSA',
  dsa: 'DSA',
  ecdsa: 'ECDSA',
  eddsaLegacy: 'EdDSA',
}

/** The key that made the signature, which is right, and which may still be used. */
async function signerOf(message: CleartextMessage, keys: Key[]): Promise<Key> {
  const { verify } = await import('openpgp')
  const config = await keyPolicy()
  const { signatures } = await verify({ message, verificationKeys: keys, config })
  const [signature] = signatures
  const key = signature && keys.find((one) => one.getKeys(signature.keyID).length > 0)
  if (!signature || !key) throw unverified('openpgp: signature made by unknown entity')
  try {
    await signature.verified
    // The library asks only whether it could be used when it signed; Helm's looks at today.
    await key.getSigningKey(signature.keyID, new Date(), undefined, config)
    return key
  } catch (cause) {
    throw unverified(`openpgp: ${whyNot(messageOf(cause), key)}`, cause)
  }
}

/** Go's words for what is wrong with a signature (go-crypto, openpgp/errors). */
function whyNot(message: string, key: Key): string {
  if (/is revoked/.test(message)) return 'signature made by revoked key'
  if (/signature is expired/i.test(message)) return 'signature expired'
  if (/is expired/.test(message)) return 'key expired'
  if (/could not find valid signing key/i.test(message)) return 'signature made by unknown entity'
  const isOther = /digest did not match|verification failed/i.test(message)
  const { algorithm } = key.getAlgorithmInfo()
  return `invalid signature: ${isOther ? `${goAlgorithms[algorithm] ?? algorithm} verification failure` : message}`
}

/** The digests by file name, which come behind the chart's metadata. */
function signedDigests(text: string): Readonly<Record<string, unknown>> {
  const [, sums] = text.split('\n...\n')
  if (sums === undefined) throw unverified('message block must have at least two parts')
  const { files } = (parse(sums) ?? {}) as { files?: Record<string, unknown> }
  return files ?? {}
}

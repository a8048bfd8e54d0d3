import { fstatSync, readFileSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import { stringify } from '@slipway/go-yaml'
import { type Metadata, metadataJson } from '@slipway/helm-chart'
import { nodePlatform } from '../node-platform.ts'
import { ask } from '../registry/prompt.ts'
import { keyPolicy, readKeyring, signingKey, unlocked } from './keyring.ts'

/** The flags of `helm package --sign`. */
export interface SigningOptions {
  readonly key?: string
  readonly keyring: string
  readonly passphraseFile?: string
}

/** What of a chart is signed. */
export interface Signable {
  readonly fileName: string
  readonly archive: Uint8Array
  readonly metadata: Metadata
}

/** Signs charts with one key; the passphrase is asked for once. Throws UserError with Helm's text. */
export function signerOf(options: SigningOptions): (chart: Signable) => Promise<string> {
  const { key: id } = options
  if (!id) throw new UserError('HELM_FLAG_INVALID', '--key is required for signing a package')
  if (!options.keyring) throw new UserError('HELM_FLAG_INVALID', '--keyring is required for signing a package')
  const key = async () => {
    const found = signingKey(await readKeyring(options.keyring), id)
    return unlocked(found, (user) => passphrase(user, options.passphraseFile))
  }
  let known: ReturnType<typeof key> | undefined
  return async (chart) => {
    known ??= key()
    const { createCleartextMessage, sign } = await import('openpgp')
    const message = await createCleartextMessage({ text: provenanceText(chart) })
    return sign({ message, signingKeys: await known, config: await keyPolicy() })
  }
}

/** Helm's message: Chart.yaml, and the digest of the archive. `...` parts them, since OpenPGP gives dashes a meaning. */
function provenanceText({ fileName, archive, metadata }: Signable): string {
  const digest = Buffer.from(nodePlatform.digest('sha256', archive)).toString('hex')
  const files = stringify({ files: { [fileName]: `sha256:${digest}` } })
  return `${stringify(metadataJson(metadata))}\n...\n${files}`.trimEnd()
}

async function passphrase(user: string, file: string | undefined): Promise<string> {
  if (file === undefined || file === '') return ask(`Password for key ${JSON.stringify(user)} >  `, true)
  if (file === '-' && !fstatSync(0).isFIFO()) {
    throw new UserError('HELM_FLAG_INVALID', 'specified reading passphrase from stdin, without input on stdin')
  }
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (cause) {
    throw new UserError('HELM_FLAG_INVALID', `open ${file}: no such file or directory`, { cause })
  }
}

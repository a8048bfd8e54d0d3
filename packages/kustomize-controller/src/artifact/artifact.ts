import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf, TransientError, UserError } from '@slipway/errors'
import { extract } from 'tar-stream'

/** A tree of files at a revision, as a source's status names it. */
export interface ArtifactRef {
  url: string
  revision: string
  /** `sha256:<hex>` */
  digest: string
}

/** Contents by path; text where it is UTF-8. */
export type Files = ReadonlyMap<string, string | Uint8Array>

const MAX_PACKED = 64 * 1024 ** 2
const MAX_UNPACKED = 512 * 1024 ** 2

/** Fetches an artifact and unpacks it in memory. Throws TransientError ARTIFACT_UNAVAILABLE, UserError ARTIFACT_TOO_LARGE. */
export async function fetchArtifact({ url, digest }: ArtifactRef, signal: AbortSignal): Promise<Files> {
  const content = await download(url, signal)
  const actual = `sha256:${createHash('sha256').update(content).digest('hex')}`
  if (actual !== digest) {
    // The source may just be replacing it.
    throw new TransientError('ARTIFACT_UNAVAILABLE', `${url}: digest is ${actual}, expected ${digest}`)
  }
  return unpack(content)
}

async function download(url: string, signal: AbortSignal): Promise<Buffer> {
  let response: Response
  try {
    response = await fetch(url, { signal })
  } catch (error) {
    throw new TransientError('ARTIFACT_UNAVAILABLE', `${url}: ${messageOf(error)}`, { cause: error })
  }
  if (!response.ok) throw new TransientError('ARTIFACT_UNAVAILABLE', `${url}: HTTP status ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > MAX_PACKED) throw tooLarge(url, MAX_PACKED)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new TransientError('ARTIFACT_UNAVAILABLE', `${url}: ${messageOf(error)}`, { cause: error })
  }
  return Buffer.concat(chunks)
}

async function unpack(content: Buffer): Promise<Files> {
  const files = new Map<string, string | Uint8Array>()
  const tar = extract()
  const unzipped = Readable.from([content]).pipe(createGunzip())
  unzipped.on('error', (error) => tar.destroy(error))
  unzipped.pipe(tar)
  let size = 0
  for await (const entry of tar) {
    const { name, type } = entry.header
    const chunks: Buffer[] = []
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_UNPACKED) throw tooLarge(name, MAX_UNPACKED)
      chunks.push(chunk)
    }
    // Links and devices are no manifests.
    if (type === 'file') files.set(name.replace(/^\.\//, ''), textOrBytes(Buffer.concat(chunks)))
  }
  return files
}

function textOrBytes(content: Buffer): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return content
  }
}

function tooLarge(what: string, limit: number): UserError {
  return new UserError('ARTIFACT_TOO_LARGE', `${what}: larger than ${limit} bytes`, {
    hint: 'leave files out with .sourceignore',
  })
}

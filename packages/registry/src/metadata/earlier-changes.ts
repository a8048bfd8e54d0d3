import { parseManifest } from '@slipway/oci-format'
import type { BlobStore } from '@slipway/storage'
import type { MetadataChange } from './changes.ts'
import { referencesOf } from './references.ts'

/** Gives a change of a log what this program's changes have. One that has it all comes back as it is. */
export type Complete = (change: MetadataChange) => Promise<MetadataChange> | MetadataChange

/** Logs of the first versions know no sizes and no times of blobs, and not what a manifest refers to; the store does. */
export function completeFrom(blobs: BlobStore, now: () => number): Complete {
  const at = new Date(now()).toISOString()
  return (change) => {
    if (change.op === 'link-blob' && change.size === undefined) return completeLink(blobs, change, at)
    if (change.op === 'put-manifest' && change.manifest.references === undefined)
      return completeManifest(blobs, change, at)
    return change
  }
}

async function completeLink(
  blobs: BlobStore,
  change: MetadataChange & { op: 'link-blob' },
  at: string,
): Promise<MetadataChange> {
  return { ...change, size: (await blobs.stat(change.digest))?.size ?? 0, at }
}

async function completeManifest(
  blobs: BlobStore,
  change: MetadataChange & { op: 'put-manifest' },
  at: string,
): Promise<MetadataChange> {
  const { manifest } = change
  const text = (await blobs.get(manifest.digest))?.toString('utf8')
  const references = text === undefined ? [] : referencesOf(parseManifest(text, manifest.mediaType))
  return { ...change, manifest: { ...manifest, references, at } }
}

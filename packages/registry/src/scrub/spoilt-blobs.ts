import { UserError } from '@slipway/errors'
import type { BlobStore } from '@slipway/storage'
import type { Holds } from '../content/holds.ts'
import type { Catalog } from '../metadata/catalog.ts'

/** A blob whose bytes are no longer those that were pushed. */
export interface SpoiltBlob {
  digest: string
  /** Where it can no longer be pulled from. */
  repositories: string[]
  /** RFC 3339. */
  at: string
}

export interface SpoiltBlobsDeps {
  blobs: BlobStore
  catalog: Catalog
  holds: Holds
  clock: () => number
  /** Told of each, after it was set aside. */
  onSpoilt: (blob: SpoiltBlob) => void
}

/**
 * Takes spoilt blobs out of the store: from then on they are not there, so a client that has one pushes it again instead of
 * skipping it, and that is the repair. Manifests that refer to it stay.
 */
export class SpoiltBlobs {
  /** Those found since the start. */
  readonly found: SpoiltBlob[] = []
  readonly #deps: SpoiltBlobsDeps

  constructor(deps: SpoiltBlobsDeps) {
    this.#deps = deps
  }

  /** Runs a read of a blob, and sets it aside when it turns out to be spoilt; the error goes on. */
  async watch<T>(digest: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (error instanceof UserError && error.code === 'BLOB_CORRUPT') await this.setAside(digest)
      throw error
    }
  }

  /** Whether it was. It is read once more before: a push may have mended it meanwhile, and none begins until this has ended. */
  async setAside(digest: string): Promise<boolean> {
    const { blobs, catalog, holds, clock, onSpoilt } = this.#deps
    const gone = await holds.remove(
      digest,
      () => false,
      async () => {
        if ((await blobs.verify(digest, async () => {})) !== false) return false
        await blobs.setAside(digest)
        return true
      },
    )
    if (!gone) return false
    const blob = { digest, repositories: catalog.namesWith(digest), at: new Date(clock()).toISOString() }
    this.found.push(blob)
    onSpoilt(blob)
    return true
  }
}

import { UserError } from '@slipway/errors'
import { type BlobStore, KeyedLock, type OpenUpload } from '@slipway/storage'
import { Refusal } from '../refusal.ts'
import { ownerOf, type Quotas, type Share } from './quotas.ts'

/** Milliseconds after which an upload that nobody adds to gives way to what its repository's quota has no room for. */
const RESTING = 10 * 60 * 1000

export interface Upload {
  repository: string
  /** The store's. */
  id: string
}

export interface Addition {
  /** Bytes that the upload has. */
  before: number
  /** Throws Refusal for what is not taken. */
  pieces: () => AsyncIterable<Uint8Array>
  /** Bytes to come, where that is known. */
  length: number | undefined
  /** Bytes that the quota counts already as what the upload is to become. */
  allowance: number
}

export interface OpenUploadsDeps {
  blobs: BlobStore
  quotas: Quotas
  clock: () => number
}

/** What is on its way to become a blob. Its bytes count as its repository's from when they come, also after a restart. */
export class OpenUploads {
  readonly #deps: OpenUploadsDeps
  readonly #locks = new KeyedLock()
  /** Bytes that are counted for uploads of which the store could not say what they hold. */
  readonly #unsure = new Map<string, number>()

  private constructor(deps: OpenUploadsDeps) {
    this.#deps = deps
  }

  static async open(deps: OpenUploadsDeps): Promise<OpenUploads> {
    const uploads = new OpenUploads(deps)
    for await (const { owner, size } of deps.blobs.uploads()) if (owner) deps.quotas.hold(owner, size)
    deps.quotas.beforeRefusals((repository, isEnough) => uploads.#giveUpResting(repository, isEnough))
    return uploads
  }

  async start(repository: string): Promise<Upload> {
    return { repository, id: await this.#deps.blobs.startUpload(ownerOf(repository)) }
  }

  /** The upload of this id, when the repository has it: ids begin with their owner. */
  async find(repository: string, id: string): Promise<Upload | undefined> {
    const isOwn = id.startsWith(`${ownerOf(repository)}-`)
    return isOwn && (await this.#deps.blobs.uploadSize(id)) !== undefined ? { repository, id } : undefined
  }

  async size({ id }: Upload): Promise<number> {
    return (await this.#deps.blobs.uploadSize(id)) ?? 0
  }

  /** Runs work on an upload that nobody else works on meanwhile. */
  exclusively<T>({ id }: Upload, work: () => Promise<T>): Promise<T> {
    return this.#locks.run(id, work)
  }

  /** Resolves to its new size. To be called exclusively. Throws Refusal DENIED past the repository's quota. */
  append({ repository, id }: Upload, { before, pieces, length, allowance }: Addition): Promise<number> {
    const { blobs, quotas } = this.#deps
    const share = quotas.share(repository)
    return this.#counted({ id, owner: ownerOf(repository), size: before, share }, async () => {
      if (length !== undefined) await share.take(length, allowance)
      return blobs.appendUpload(id, length === undefined ? taken(share, pieces(), allowance) : pieces())
    })
  }

  /** Runs work that makes a blob of an upload of `size` bytes, and is told how many of these count already. To be called exclusively. */
  async finish({ repository, id }: Upload, size: number, work: (counted: number) => Promise<void>): Promise<void> {
    await this.#counted({ id, owner: ownerOf(repository), size }, async (counted) => {
      await work(counted)
      return 0
    })
  }

  cancel({ repository, id }: Upload): Promise<void> {
    return this.#locks.run(id, () => this.#giveUp(id, ownerOf(repository)))
  }

  /** Gives up what nobody has added to since a time, in milliseconds since 1970; resolves to how many those are. */
  async expire(before: number, { dryRun }: { dryRun: boolean }): Promise<number> {
    let expired = 0
    for await (const upload of this.#deps.blobs.uploads()) {
      if (upload.touchedAt >= before) continue
      if (!dryRun) await this.#locks.run(upload.id, () => this.#giveUp(upload.id, upload.owner))
      expired += 1
    }
    return expired
  }

  /** The oldest first, until that is enough: a client that was cut off often begins anew, and leaves behind what it had sent. */
  async #giveUpResting(repository: string, isEnough: () => boolean): Promise<void> {
    const { blobs, clock } = this.#deps
    const owner = ownerOf(repository)
    const resting: OpenUpload[] = []
    for await (const upload of blobs.uploads(owner)) if (upload.touchedAt < clock() - RESTING) resting.push(upload)
    for (const { id } of resting.sort((a, b) => a.touchedAt - b.touchedAt)) {
      if (isEnough()) return
      // A slow client's bytes may be on their way to the store for a long time.
      if (!this.#locks.isTaken(id)) await this.#locks.run(id, () => this.#giveUp(id, owner))
    }
  }

  async #giveUp(id: string, owner: string | undefined): Promise<void> {
    const { blobs } = this.#deps
    const size = (await blobs.uploadSize(id)) ?? 0
    await this.#counted({ id, owner, size }, async () => {
      await blobs.cancelUpload(id)
      return 0
    })
  }

  /**
   * Runs work that leaves an upload of `size` bytes with those that it resolves to, and counts these as its owner's in their place.
   * What is refused is not kept either.
   */
  async #counted(
    { id, owner, size, share }: { id: string; owner: string | undefined; size: number; share?: Share },
    work: (counted: number) => Promise<number>,
  ): Promise<number> {
    const { blobs, quotas } = this.#deps
    const before = this.#unsure.get(id) ?? size
    let after: number | undefined
    try {
      after = await work(before)
      return after
    } catch (error) {
      if (isRefusal(error)) await blobs.cancelUpload(id)
      throw error
    } finally {
      after ??= await blobs.uploadSize(id).then(
        (left) => left ?? 0,
        () => undefined,
      )
      const counted = before + (share?.bytes ?? 0)
      if (after === undefined) this.#unsure.set(id, counted)
      else {
        this.#unsure.delete(id)
        if (owner) quotas.hold(owner, after - counted)
      }
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Refusal || (error instanceof UserError && error.code === 'BLOB_DIGEST_MISMATCH')
}

async function* taken(share: Share, pieces: AsyncIterable<Uint8Array>, allowance: number): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    await share.take(piece.length, allowance)
    yield piece
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { UserError } from '@slipway/errors'
import { parseDigest } from '@slipway/oci-format'
import { KeyedLock } from '@slipway/storage'
import type { Need } from '../auth/access.ts'
import { boundedBody } from '../content/bounded.ts'
import type { Content } from '../content/content.ts'
import { type Exchange, sendEmpty } from '../exchange.ts'
import { Refusal } from '../refusal.ts'

interface Upload {
  /** Of the repository. */
  name: string
  id: string
  /** Once it is known what it is to become. */
  digest?: string
}

/** Uploads of blobs: in one request, in a stream or in chunks, and mounts from other repositories. */
export class Uploads {
  readonly #content: Content
  readonly #key: Uint8Array
  readonly #locks = new KeyedLock()

  constructor(content: Content, key: Uint8Array) {
    this.#content = content
    this.#key = key
  }

  /** POST: a mount, a whole blob in one request, or a new upload. */
  async start(exchange: Exchange, name: string): Promise<void> {
    const { searchParams } = exchange.url
    const mount = searchParams.get('mount')
    if (mount && (await this.#mount(exchange, name, mount))) return
    const digest = searchParams.get('digest')
    if (digest !== null) requireDigest(digest)
    const id = await this.#content.blobs.startUpload()
    if (digest !== null) return this.#finish(exchange, { name, id, digest })
    sendEmpty(exchange.response, 202, this.#headers(name, id, 0))
  }

  /** PATCH: appends a chunk or a stream. */
  async append(exchange: Exchange, name: string, token: string): Promise<void> {
    const id = await this.#open(name, token)
    const size = await this.#locks.run(id, () => this.#append(exchange, { name, id }))
    sendEmpty(exchange.response, 202, this.#headers(name, id, size))
  }

  /** PUT: the end of an upload, with or without a last piece. */
  async finish(exchange: Exchange, name: string, token: string): Promise<void> {
    const digest = exchange.url.searchParams.get('digest')
    requireDigest(digest ?? '')
    const id = await this.#open(name, token)
    await this.#finish(exchange, { name, id, digest: digest ?? '' })
  }

  /** GET: how far it has come. */
  async status({ response }: Exchange, name: string, token: string): Promise<void> {
    const id = await this.#open(name, token)
    const size = (await this.#content.blobs.uploadSize(id)) ?? 0
    response.writeHead(204, this.#headers(name, id, size)).end()
  }

  /** DELETE: gives it up. */
  async cancel({ response }: Exchange, name: string, token: string): Promise<void> {
    const id = await this.#open(name, token)
    await this.#content.blobs.cancelUpload(id)
    response.writeHead(204).end()
  }

  async #mount(exchange: Exchange, name: string, digest: string): Promise<boolean> {
    requireDigest(digest)
    const from = exchange.url.searchParams.get('from')
    // Without a source any repository will do that the caller could pull from; which one, its token could not know.
    const sources = this.#content.catalog.holding(digest).filter((source) => from === null || source === from)
    const isReadable = sources.some((source) => {
      const need: Need = { type: 'repository', name: source, actions: ['pull'] }
      const isAllowed = from === null ? exchange.principal.couldAsk(need) : exchange.principal.can(need)
      return isAllowed && this.#content.rules.isReadable(source)
    })
    if (!isReadable) return false
    return this.#content.holds.during([digest], async () => {
      const found = await this.#content.blobs.stat(digest)
      if (!found) return false
      await this.#content.link(name, { digest, size: found.size })
      sendCreated(exchange, name, digest)
      return true
    })
  }

  async #finish(exchange: Exchange, { name, id, digest }: Required<Upload>): Promise<void> {
    await this.#locks.run(id, async () => {
      const size = await this.#append(exchange, { name, id, digest })
      await this.#orCancel(id, () =>
        this.#content.link(name, { digest, size }, () => this.#content.blobs.commitUpload(id, digest)),
      )
    })
    sendCreated(exchange, name, digest)
  }

  async #append({ request }: Exchange, { name, id, digest }: Upload): Promise<number> {
    const { blobs } = this.#content
    const range = chunkRange(request.headers['content-range'])
    const length = request.headers['content-length']
    const before = (await blobs.uploadSize(id)) ?? 0
    const fits =
      range === undefined || (range.start === before && (!length || range.end - range.start + 1 === Number(length)))
    if (!fits) {
      throw new Refusal('RANGE_INVALID', `the next chunk must start at ${before}`, {
        headers: this.#headers(name, id, before),
      })
    }
    if (length === '0') return before
    return this.#orCancel(id, () => blobs.appendUpload(id, this.#body(request, { name, before, digest })))
  }

  /** What of the body may be taken: a blob has a largest size, and a repository may have a quota, which what it has already does not touch. */
  #body(
    request: IncomingMessage,
    { name, before, digest }: { name: string; before: number; digest: string | undefined },
  ): AsyncIterable<Uint8Array> {
    const { maxBlobSize, quotas } = this.#content
    const isKnown = digest !== undefined && this.#content.hasBlob(name, digest)
    const left = isKnown ? Number.POSITIVE_INFINITY : quotas.left(name)
    const tooLarge = (): Refusal =>
      left < maxBlobSize
        ? quotas.refusal(name)
        : new Refusal('SIZE_INVALID', `a blob of more than ${maxBlobSize} bytes is not taken`)
    return boundedBody(request, Math.min(maxBlobSize, left) - before, tooLarge)
  }

  /** What is refused is not kept either. */
  async #orCancel<T>(id: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const isOther = error instanceof UserError && error.code === 'BLOB_DIGEST_MISMATCH'
      if (isOther || error instanceof Refusal) await this.#content.blobs.cancelUpload(id)
      if (!isOther) throw error
      throw new Refusal('DIGEST_INVALID', 'the provided digest did not match the uploaded content')
    }
  }

  /** The store's id of an upload, when this repository has it. */
  async #open(name: string, token: string): Promise<string> {
    const [id = '', seal = ''] = token.split('.')
    const expected = Buffer.from(this.#seal(name, id))
    const shown = Buffer.from(seal)
    const genuine = shown.length === expected.length && timingSafeEqual(shown, expected)
    if (genuine && (await this.#content.blobs.uploadSize(id)) !== undefined) return id
    throw new Refusal('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
  }

  /** Binds an upload to its repository, without a record of it: also after a restart nobody else's upload can be taken over. */
  #seal(name: string, id: string): string {
    return createHmac('sha256', this.#key).update(`upload ${name} ${id}`).digest('base64url').slice(0, 22)
  }

  #headers(name: string, id: string, size: number): Record<string, string> {
    return {
      location: `/v2/${name}/blobs/uploads/${id}.${this.#seal(name, id)}`,
      range: `0-${Math.max(0, size - 1)}`,
      'docker-upload-uuid': id,
    }
  }
}

function sendCreated({ response }: Exchange, name: string, digest: string): void {
  sendEmpty(response, 201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
}

function requireDigest(digest: string): void {
  if (!parseDigest(digest))
    throw new Refusal('DIGEST_INVALID', 'the digest must be sha256:… or sha512:…', { detail: digest })
}

/** `start-end` of a chunk; distribution-spec writes it without a unit, some clients with one. */
function chunkRange(header: string | undefined): { start: number; end: number } | undefined {
  if (header === undefined) return undefined
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/.*)?$/.exec(header)
  if (!match) throw new Refusal('RANGE_INVALID', 'Content-Range must be start-end')
  return { start: Number(match[1]), end: Number(match[2]) }
}

import { UserError } from '@slipway/errors'
import { parseDigest } from '@slipway/oci-format'
import type { Need } from '../auth/access.ts'
import { boundedBody } from '../content/bounded.ts'
import type { Content } from '../content/content.ts'
import type { Upload } from '../content/open-uploads.ts'
import { type Exchange, sendEmpty } from '../exchange.ts'
import { Refusal } from '../refusal.ts'

/** Uploads of blobs: in one request, in a stream or in chunks, and mounts from other repositories. */
export class Uploads {
  readonly #content: Content

  constructor(content: Content) {
    this.#content = content
  }

  /** POST: a mount, a whole blob in one request, or a new upload. */
  async start(exchange: Exchange, name: string): Promise<void> {
    const { searchParams } = exchange.url
    const mount = searchParams.get('mount')
    if (mount && (await this.#mount(exchange, name, mount))) return
    const digest = searchParams.get('digest')
    if (digest !== null) requireDigest(digest)
    const upload = await this.#content.uploads.start(name)
    if (digest !== null) return this.#takeWhole(exchange, upload, digest)
    sendEmpty(exchange.response, 202, headersOf(upload, 0))
  }

  /** PATCH: appends a chunk or a stream. */
  async append(exchange: Exchange, name: string, id: string): Promise<void> {
    const upload = await this.#open(name, id)
    const size = await this.#content.uploads.exclusively(upload, () => this.#append(exchange, upload))
    sendEmpty(exchange.response, 202, headersOf(upload, size))
  }

  /** PUT: the end of an upload, with or without a last piece. */
  async finish(exchange: Exchange, name: string, id: string): Promise<void> {
    const digest = exchange.url.searchParams.get('digest') ?? ''
    requireDigest(digest)
    await this.#finish(exchange, await this.#open(name, id), digest)
  }

  /** GET: how far it has come. */
  async status({ response }: Exchange, name: string, id: string): Promise<void> {
    const upload = await this.#open(name, id)
    response.writeHead(204, headersOf(upload, await this.#content.uploads.size(upload))).end()
  }

  /** DELETE: gives it up. */
  async cancel({ response }: Exchange, name: string, id: string): Promise<void> {
    await this.#content.uploads.cancel(await this.#open(name, id))
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

  /** Nobody could go on with one that broke off: its address was never told. */
  async #takeWhole(exchange: Exchange, upload: Upload, digest: string): Promise<void> {
    try {
      await this.#finish(exchange, upload, digest)
    } catch (error) {
      await this.#content.uploads.cancel(upload)
      throw error
    }
  }

  async #finish(exchange: Exchange, upload: Upload, digest: string): Promise<void> {
    const { uploads } = this.#content
    await uploads
      .exclusively(upload, async () => {
        const size = await this.#append(exchange, upload, digest)
        await this.#content.linkUpload(upload, { digest, size })
      })
      .catch((error: unknown) => {
        if (!(error instanceof UserError) || error.code !== 'BLOB_DIGEST_MISMATCH') throw error
        throw new Refusal('DIGEST_INVALID', 'the provided digest did not match the uploaded content')
      })
    sendCreated(exchange, upload.repository, digest)
  }

  /** `digest`: once it is known what it is to become. */
  async #append({ request }: Exchange, upload: Upload, digest?: string): Promise<number> {
    const { maxBlobSize, uploads } = this.#content
    const range = chunkRange(request.headers['content-range'])
    const length = request.headers['content-length']
    const before = await uploads.size(upload)
    const fits =
      range === undefined || (range.start === before && (!length || range.end - range.start + 1 === Number(length)))
    if (!fits) {
      throw new Refusal('RANGE_INVALID', `the next chunk must start at ${before}`, {
        headers: headersOf(upload, before),
      })
    }
    if (length === '0') return before
    const tooLarge = (): Refusal => new Refusal('SIZE_INVALID', `a blob of more than ${maxBlobSize} bytes is not taken`)
    return uploads.append(upload, {
      before,
      pieces: () => boundedBody(request, maxBlobSize - before, tooLarge),
      length: length === undefined ? undefined : Number(length),
      allowance: digest === undefined ? 0 : (this.#content.blobLink(upload.repository, digest)?.size ?? 0),
    })
  }

  async #open(name: string, id: string): Promise<Upload> {
    const upload = await this.#content.uploads.find(name, id)
    if (!upload) throw new Refusal('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
    return upload
  }
}

function headersOf({ repository, id }: Upload, size: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    'docker-upload-uuid': id,
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

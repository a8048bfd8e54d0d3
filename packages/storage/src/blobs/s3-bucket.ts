import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { UserError } from '@slipway/errors'
import { S3mini, S3NetworkError, S3ServiceError, type UploadPart } from 's3mini'
import type { ByteRange } from './blob-store.ts'
import { type Bucket, inParts, PART, partSize, type StoredObject } from './bucket.ts'
import type { BucketAddress } from './bucket-address.ts'
import { agentFor } from './connections.ts'
import { fetchThrough } from './s3-fetch.ts'
import { ServiceCalls, SILENCE, type StatusOf } from './service-calls.ts'

/** Parts of one object, of 10,000 that S3 takes. */
const PARTS = 9_000

/**
 * An S3 bucket, or one of a store that speaks S3. Credentials, region and endpoint come from the variables that AWS's own tools
 * read. Throws UserError BLOB_STORE_CONFIG for what is missing.
 */
export async function openS3Bucket(address: BucketAddress, silence = SILENCE): Promise<Bucket> {
  const bucket = new S3Bucket(address, silence)
  await bucket.requireBucket()
  return bucket
}

interface OpenMultipart {
  Key: string
  UploadId: string
}

/** XML as the client reads it: one thing is no list. */
interface MultipartList {
  ListMultipartUploadsResult?: { Upload?: OpenMultipart | OpenMultipart[] }
}

class S3Bucket implements Bucket {
  readonly #client: S3mini
  readonly #address: BucketAddress
  readonly #calls: ServiceCalls

  constructor(address: BucketAddress, silence: number) {
    this.#address = address
    this.#calls = new ServiceCalls(address, { statusOf, silence })
    const { environment, container } = address
    if (environment.AWS_SESSION_TOKEN) {
      throw new UserError('BLOB_STORE_CONFIG', 'temporary S3 credentials (AWS_SESSION_TOKEN) are not supported', {
        hint: 'use an access key of a user that may read and write this bucket',
      })
    }
    const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1'
    const base = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`
    this.#client = new S3mini({
      accessKeyId: address.require('AWS_ACCESS_KEY_ID'),
      secretAccessKey: address.require('AWS_SECRET_ACCESS_KEY'),
      endpoint: `${base.replace(/\/+$/, '')}/${container}`,
      region,
      fetch: fetchThrough(agentFor(base, silence)),
    })
  }

  async requireBucket(): Promise<void> {
    // Unlike the client's own question for a bucket, this one tells a bucket that is not there from one that is not ours.
    if (!(await this.#page(''))) throw this.#calls.missing()
  }

  size(name: string): Promise<number | undefined> {
    return this.#calls.find(() => this.#client.getContentLength(this.#address.nameOf(name)))
  }

  get(name: string, range?: ByteRange): Promise<Readable | undefined> {
    const full = this.#address.nameOf(name)
    const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY }
    return this.#calls.read(async (at) => {
      const isWhole = !range && at === 0
      const upTo = range && end + 1
      const { body, headers } = await this.#client.getObjectRaw(full, isWhole, start + at, upTo)
      const content = body ? Readable.fromWeb(body as ReadableStream<Uint8Array>) : Readable.from([])
      if (isWhole) return content
      return Readable.from(within(content, { start: start + at, end }, headers.get('content-range')))
    })
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#calls.make(() => this.#client.putObject(this.#address.nameOf(name), bytes as Buffer<ArrayBuffer>))
  }

  async putStream(name: string, content: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    const parts = inParts(content, partSize(size, PARTS))
    if (size <= PART) return this.put(name, (await parts.next()).value ?? Buffer.alloc(0))
    const full = this.#address.nameOf(name)
    const upload = await this.#calls.make(() => this.#client.getMultipartUploadId(full))
    try {
      const sent: UploadPart[] = []
      for await (const part of parts) {
        sent.push(
          await this.#calls.make(() =>
            this.#client.uploadPart(full, upload, part as Buffer<ArrayBuffer>, sent.length + 1),
          ),
        )
      }
      await this.#calls.make(() => this.#complete(full, upload, { sent, size }))
    } catch (error) {
      // Not waited for, so that a client hears of it in time. What is left of it goes at the next start.
      void this.#abort(full, upload)
      throw error
    }
  }

  /**
   * What counts is that the object is there: S3 may answer 200 and say below that it failed (API reference,
   * CompleteMultipartUpload), and when an answer was lost there is no such upload any more.
   */
  async #complete(full: string, upload: string, { sent, size }: { sent: UploadPart[]; size: number }): Promise<void> {
    const fault: unknown = await this.#client.completeMultipartUpload(full, upload, sent).then(
      () => new S3NetworkError('the parts of an object were not put together'),
      (error: unknown) => error,
    )
    if ((await this.#client.getContentLength(full).catch(() => undefined)) !== size) throw fault
  }

  async #abort(full: string, upload: string): Promise<void> {
    await this.#calls.find(() => this.#client.abortMultipartUpload(full, upload)).catch(() => {})
  }

  async removeLeftovers(): Promise<void> {
    for (let left = await this.#openUploads(); left.length > 0; ) {
      for (const { Key, UploadId } of left) await this.#abort(Key, UploadId)
      const before = new Set(left.map(({ UploadId }) => UploadId))
      left = (await this.#openUploads()).filter(({ UploadId }) => !before.has(UploadId))
    }
  }

  /** The first thousand; none where the store or its owner does not let them be listed, which takes nothing from what we are for. */
  async #openUploads(): Promise<OpenMultipart[]> {
    const prefix = this.#address.nameOf('')
    const listed: unknown = await this.#client.listMultipartUploads('/', '', 'GET', { prefix }).catch(() => undefined)
    const { ListMultipartUploadsResult: result } = (listed ?? {}) as MultipartList
    return [result?.Upload ?? []].flat().filter(({ Key }) => Key.startsWith(prefix))
  }

  async delete(name: string): Promise<void> {
    await this.#calls.find(() => this.#client.deleteObject(this.#address.nameOf(name)))
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    let token: string | undefined
    do {
      const page = await this.#page(prefix, token)
      for (const { Key, Size, LastModified } of page?.objects ?? []) {
        const modifiedAt = new Date(LastModified).getTime()
        yield { name: this.#address.withoutPrefix(Key), size: Number(Size), modifiedAt }
      }
      token = page?.nextContinuationToken
    } while (token)
  }

  #page(prefix: string, token?: string): ReturnType<S3mini['listObjectsPaged']> {
    return this.#calls.make(() => this.#client.listObjectsPaged('/', this.#address.nameOf(prefix), 1_000, token))
  }
}

/** Some calls wrap what the service said. */
function statusOf(error: unknown): ReturnType<StatusOf> {
  const said = error instanceof S3NetworkError || !(error instanceof Error) ? error : (error.cause ?? error)
  if (said instanceof S3ServiceError) return said.status
  // What Node says of a connection has a code, what the client says of itself has none.
  return said instanceof S3NetworkError || (said as { code?: unknown }).code !== undefined ? 'unanswered' : undefined
}

/** The range of what came: a server may send more than was asked for (RFC 9110 section 14.2), and some do. */
async function* within(content: Readable, { start, end }: ByteRange, sent: string | null): AsyncIterable<Uint8Array> {
  let at = Number(/^bytes (\d+)-/.exec(sent ?? '')?.[1] ?? 0)
  for await (const piece of content as AsyncIterable<Uint8Array>) {
    const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at))
    at += piece.length
    if (wanted.length > 0) yield wanted
    if (at > end) return
  }
}

import { Readable } from 'node:stream'
import {
  BlobServiceClient,
  type ContainerClient,
  type ContainerListBlobFlatSegmentResponse,
  RestError,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import type { ByteRange } from './blob-store.ts'
import { type Bucket, inParts, partSize, type StoredObject } from './bucket.ts'
import type { BucketAddress } from './bucket-address.ts'
import { agentFor } from './connections.ts'
import { ServiceCalls, SILENCE, type StatusOf } from './service-calls.ts'

/** Blocks of one blob, of 50,000 that Azure takes. */
const BLOCKS = 45_000

/** The client would read on where a connection breaks, but for most of the ways in which one does. */
const ONCE = { maxRetryRequests: 0 }

/** A container of Azure Blob Storage. Account and credentials come from the variables that `az storage` reads. */
export async function openAzureBucket(address: BucketAddress, silence = SILENCE): Promise<Bucket> {
  const service = await serviceOf(address, silence)
  const bucket = new AzureBucket(address, service.getContainerClient(address.container), silence)
  await bucket.requireContainer()
  return bucket
}

/** A connection string; or an account with its key, with a SAS, or with whatever identity this process has at Entra. */
async function serviceOf(address: BucketAddress, silence: number): Promise<BlobServiceClient> {
  const { environment } = address
  const optionsFor = (url: string) => ({ retryOptions: { maxTries: 1 }, agent: agentFor(url, silence) })
  const connection = environment.AZURE_STORAGE_CONNECTION_STRING
  if (connection) {
    const { url } = BlobServiceClient.fromConnectionString(connection)
    return BlobServiceClient.fromConnectionString(connection, optionsFor(url))
  }
  const account = address.require('AZURE_STORAGE_ACCOUNT')
  const url = environment.AZURE_STORAGE_SERVICE_ENDPOINT ?? `https://${account}.blob.core.windows.net`
  const options = optionsFor(url)
  const { AZURE_STORAGE_KEY: key, AZURE_STORAGE_SAS_TOKEN: sas } = environment
  if (key) return new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), options)
  if (sas) return new BlobServiceClient(`${url}?${sas.replace(/^\?/, '')}`, undefined, options)
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new BlobServiceClient(url, new DefaultAzureCredential(), options)
}

class AzureBucket implements Bucket {
  readonly #address: BucketAddress
  readonly #calls: ServiceCalls
  readonly #container: ContainerClient

  constructor(address: BucketAddress, container: ContainerClient, silence: number) {
    this.#address = address
    this.#calls = new ServiceCalls(address, { statusOf, silence })
    this.#container = container
  }

  async requireContainer(): Promise<void> {
    if (!(await this.#calls.make(() => this.#container.exists()))) throw this.#calls.missing()
  }

  async size(name: string): Promise<number | undefined> {
    const properties = await this.#calls.find(() => this.#blob(name).getProperties())
    return properties && (properties.contentLength ?? 0)
  }

  async get(name: string, range?: ByteRange): Promise<Readable | undefined> {
    const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY }
    return this.#calls.read(async (at) => {
      const count = range && end + 1 - start - at
      const { readableStreamBody } = await this.#blob(name).download(start + at, count, ONCE)
      // The client's stream is Node's own.
      return (readableStreamBody as Readable | undefined) ?? Readable.from([])
    })
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#calls.make(() => this.#blob(name).upload(bytes, bytes.length))
  }

  async putStream(name: string, content: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    const blob = this.#blob(name)
    const blocks: string[] = []
    for await (const part of inParts(content, partSize(size, BLOCKS))) {
      // All ids of a blob have the same length.
      const id = Buffer.from(String(blocks.length).padStart(6, '0')).toString('base64')
      await this.#calls.make(() => blob.stageBlock(id, part, part.length))
      blocks.push(id)
    }
    await this.#calls.make(() => blob.commitBlockList(blocks))
  }

  async removeLeftovers(): Promise<void> {
    // Azure drops blocks that no blob was made of, after a week (REST reference, Put Block).
  }

  async delete(name: string): Promise<void> {
    await this.#calls.make(() => this.#blob(name).deleteIfExists())
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    let token: string | undefined
    do {
      const page = await this.#page(prefix, token)
      for (const { name, properties } of page.segment.blobItems) {
        const modifiedAt = properties.lastModified.getTime()
        yield { name: this.#address.withoutPrefix(name), size: properties.contentLength ?? 0, modifiedAt }
      }
      token = page.continuationToken
    } while (token)
  }

  /** Each from the beginning: pages that failed once say that they are at their end. */
  #page(prefix: string, token?: string): Promise<ContainerListBlobFlatSegmentResponse> {
    return this.#calls.make(async () => {
      const pages = this.#container.listBlobsFlat({ prefix: this.#address.nameOf(prefix) })
      return (await pages.byPage(token ? { continuationToken: token } : {}).next()).value
    })
  }

  #blob(name: string): ReturnType<ContainerClient['getBlockBlobClient']> {
    return this.#container.getBlockBlobClient(this.#address.nameOf(name))
  }
}

function statusOf(error: unknown): ReturnType<StatusOf> {
  if (error instanceof RestError) return error.statusCode ?? 'unanswered'
  // The errors of @azure/identity, which may not be loaded.
  return error instanceof Error && /^(CredentialUnavailable|(Aggregate)?Authentication)Error$/.test(error.name)
    ? 401
    : undefined
}

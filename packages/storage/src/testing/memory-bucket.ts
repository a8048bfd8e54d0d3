import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Bucket, StoredObject } from '../blobs/bucket.ts'

/** An object store in memory. */
export class MemoryBucket implements Bucket {
  readonly objects = new Map<string, Buffer>()

  async size(name: string): Promise<number | undefined> {
    return this.objects.get(name)?.length
  }

  async get(name: string, range?: { start: number; end: number }): Promise<Readable | undefined> {
    const bytes = this.objects.get(name)
    return bytes && Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes])
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.objects.set(name, Buffer.from(bytes))
  }

  async putStream(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.objects.set(name, await buffer(Readable.from(content)))
  }

  async removeLeftovers(): Promise<void> {}

  async delete(name: string): Promise<void> {
    this.objects.delete(name)
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    for (const [name, { length }] of [...this.objects]) {
      if (name.startsWith(prefix)) yield { name, size: length, modifiedAt: Date.now() }
    }
  }
}

import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { spoilBlob } from '../../testing/blob-files.ts'
import { describeBlobStore } from '../blob-store.contract.ts'
import type { BlobStore } from '../blob-store.ts'
import { openFileBlobStore } from '../file-blob-store.ts'

const MIB = 1024 * 1024
const folders: string[] = []
const workers: Worker[] = []
let source: string

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { parentPort } from 'node:worker_threads'
        import { serveUploads } from './serve-uploads.ts'
        serveUploads(parentPort)`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    platform: 'node',
    write: false,
  })
  source = outputFiles[0]?.text ?? ''
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()))
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  folders.push(folder)
  return folder
}

function startThread(): Worker {
  const worker = new Worker(source, { eval: true })
  workers.push(worker)
  return worker
}

/** Pieces as a connection brings them. */
async function* inPieces(content: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += 64 * 1024) yield new Uint8Array(content.subarray(at, at + 64 * 1024))
}

const keyOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

describeBlobStore('files that a thread writes', async () => {
  const folder = await newFolder()
  const open = (): Promise<BlobStore> => openFileBlobStore(folder, startThread)
  return { store: await open(), reopen: open, spoil: (key, at) => spoilBlob(folder, key, at) }
})

describe('a large upload', () => {
  const content = Buffer.alloc(5 * MIB + 3, 'what is pushed, ')
  let store: BlobStore
  beforeEach(async () => {
    workers.length = 0
    store = await openFileBlobStore(await newFolder(), startThread)
  })

  it('is written and counted on one thread, over several requests', async () => {
    const id = await store.startUpload()
    await store.appendUpload(id, inPieces(content.subarray(0, 3 * MIB)))
    const size = await store.appendUpload(id, inPieces(content.subarray(3 * MIB)))
    await store.commitUpload(id, keyOf(content))

    expect([size, workers.length]).toEqual([content.length, 1])
    expect((await store.get(keyOf(content)))?.equals(content)).toBe(true)
  })

  it('that comes with others shares two threads with them', async () => {
    const contents = [1, 2, 3, 4].map((index) => Buffer.concat([content, Buffer.from([index])]))
    const ids = await Promise.all(contents.map(() => store.startUpload()))
    await Promise.all(ids.map((id, index) => store.appendUpload(id, inPieces(contents[index] as Buffer))))
    await Promise.all(ids.map((id, index) => store.commitUpload(id, keyOf(contents[index] as Buffer))))

    expect(workers).toHaveLength(2)
    for (const written of contents) expect((await store.get(keyOf(written)))?.equals(written)).toBe(true)
  })

  it('takes its pieces over, but copies what is a part of more', async () => {
    const whole = new Uint8Array(MIB)
    const shared = new Uint8Array(2 * MIB).fill(7)
    const id = await store.startUpload()
    await store.appendUpload(
      id,
      (async function* () {
        yield whole
        yield shared.subarray(0, MIB)
      })(),
    )
    await store.commitUpload(id, keyOf(Buffer.concat([Buffer.alloc(MIB), Buffer.alloc(MIB, 7)])))

    expect([whole.length, shared.length]).toEqual([0, 2 * MIB])
  })

  it.each([
    [500, 0],
    [2_000, 1],
  ])('in pieces of %i bytes is written by %i threads', async (size, threads) => {
    const id = await store.startUpload()
    const body = async function* (): AsyncIterable<Uint8Array> {
      for (let at = 0; at < content.length; at += size) yield new Uint8Array(content.subarray(at, at + size))
    }

    await store.appendUpload(id, body())
    await store.commitUpload(id, keyOf(content))

    expect(workers).toHaveLength(threads)
  })

  it('goes on when its thread has ended, and its content is read to be known', async () => {
    const id = await store.startUpload()
    await store.appendUpload(id, inPieces(content.subarray(0, 3 * MIB)))
    await workers[0]?.terminate()
    await store.appendUpload(id, inPieces(content.subarray(3 * MIB)))
    await store.commitUpload(id, keyOf(content))

    expect((await store.get(keyOf(content)))?.equals(content)).toBe(true)
  })

  it('fails with its thread; the next one gets another', async () => {
    const id = await store.startUpload()
    const broken = store.appendUpload(
      id,
      (async function* () {
        yield* inPieces(content)
        await workers[0]?.terminate()
        yield* inPieces(content)
      })(),
    )
    await expect(broken).rejects.toThrow('thread')
    const next = await store.startUpload()
    await store.appendUpload(next, inPieces(content))
    await store.commitUpload(next, keyOf(content))

    expect(workers).toHaveLength(2)
  })

  it('that is small needs no thread', async () => {
    const id = await store.startUpload()
    await store.appendUpload(id, inPieces(content.subarray(0, MIB - 1)))
    await store.commitUpload(id, keyOf(content.subarray(0, MIB - 1)))

    expect(workers).toHaveLength(0)
  })
})

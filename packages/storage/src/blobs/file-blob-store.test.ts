import { createHash } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, it } from 'vitest'
import { describeBlobStore } from './blob-store.contract.ts'
import { openFileBlobStore } from './file-blob-store.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  folders.push(folder)
  return folder
}

const pathOf = (folder: string, part: string, key: string): string => {
  const [algorithm = '', hex = ''] = key.split(':')
  return join(folder, part, algorithm, hex.slice(0, 2), hex.slice(2))
}

async function spoil(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 0x40]), 0, 1, at)
  await file.close()
}

describeBlobStore('files', async () => {
  const folder = await newFolder()
  return {
    store: await openFileBlobStore(folder),
    reopen: () => openFileBlobStore(folder),
    spoil: (key, at) => spoil(pathOf(folder, 'blobs', key), at),
  }
})

it('sends nothing of a range that was spoilt, and makes lost checks again', async () => {
  const folder = await newFolder()
  const store = await openFileBlobStore(folder)
  const content = Buffer.alloc(1_000_000, 'x')
  const key = `sha256:${createHash('sha256').update(content).digest('hex')}`
  await store.put(key, content)

  // `put` is for small contents and keeps no checks; what has none is checked as a whole, and gets some when it is verified.
  expect(await store.verify(key, async () => {})).toBe(true)
  await spoil(pathOf(folder, 'blobs', key), 500_000)

  const range = { start: 499_990, end: 499_995 }
  await expect(store.send(key, new PassThrough(), range)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
  await spoil(pathOf(folder, 'checks', key), 0)
  expect(await store.send(key, new PassThrough(), range)).toBe(true)
  await expect(store.send(key, new PassThrough().resume())).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
})

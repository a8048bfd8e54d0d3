import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeBlobStore } from './blob-store.contract.ts'
import { openFileBlobStore } from './file-blob-store.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  folders.push(folder)
  return folder
}

const pathOf = (folder: string, key: string): string => {
  const [algorithm = '', hex = ''] = key.split(':')
  return join(folder, 'blobs', algorithm, hex.slice(0, 2), hex.slice(2))
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
    spoil: (key, at) => spoil(pathOf(folder, key), at),
  }
})

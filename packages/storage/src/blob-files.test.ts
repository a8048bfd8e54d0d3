import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openFileBlobStore } from './blob-files.ts'
import { describeBlobStore } from './blob-store.contract.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

describeBlobStore('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  folders.push(folder)
  return { store: await openFileBlobStore(folder), reopen: () => openFileBlobStore(folder) }
})

import { execFile } from 'node:child_process'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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

it('a disk that is full is not kept full by what it could not take', async () => {
  const folder = await newFolder()
  const module = new URL('file-blob-store.ts', import.meta.url).href
  const script = `
    const { openFileBlobStore } = await import('${module}')
    const store = await openFileBlobStore(${JSON.stringify(folder)})
    const content = Buffer.alloc(3_000_000)
    const id = await store.startUpload()
    const work = [store.appendUpload(id, [content]), store.put('sha256:${'0'.repeat(64)}', content)]
    const outcomes = await Promise.allSettled(work)
    console.log(JSON.stringify(outcomes.map(({ reason }) => reason?.code)))
  `
  const command = 'ulimit -f 64; exec "$0" --import tsx --input-type=module -e "$1"'

  const { stdout } = await promisify(execFile)('bash', ['-c', command, process.execPath, script])

  expect(JSON.parse(stdout)).toEqual(['EFBIG', 'EFBIG'])
  expect(await readdir(join(folder, 'uploads'))).toEqual([])
})

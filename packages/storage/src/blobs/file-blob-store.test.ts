import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { blobPath, spoilBlob } from '../testing/blob-files.ts'
import { describeBlobStore } from './blob-store.contract.ts'
import { openFileBlobStore } from './file-blob-store.ts'

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  folders.push(folder)
  return folder
}

describeBlobStore('files', async () => {
  const folder = await newFolder()
  return {
    store: await openFileBlobStore(folder),
    reopen: () => openFileBlobStore(folder),
    spoil: (key, at) => spoilBlob(folder, key, at),
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

it('what lies among the blobs and is none is passed over', async () => {
  const folder = await newFolder()
  const store = await openFileBlobStore(folder)
  await store.put(EMPTY, Buffer.alloc(0))
  const shard = dirname(blobPath(folder, EMPTY))
  for (const path of ['blobs/.DS_Store', 'blobs/sha256/notes.txt', `${relative(folder, shard)}/.copy~`]) {
    await writeFile(join(folder, path), 'x')
  }

  const keys: string[] = []
  for await (const key of store.keys()) keys.push(key)

  expect(keys).toEqual([EMPTY])
})

it('what the disk can not read any more is spoilt', async () => {
  const folder = await newFolder()
  const store = await openFileBlobStore(folder)
  await store.put(EMPTY, Buffer.alloc(0))
  // Reading from it is an error of input and output (proc(5)).
  await rm(blobPath(folder, EMPTY))
  await symlink('/proc/self/mem', blobPath(folder, EMPTY))

  expect(await store.verify(EMPTY, async () => {})).toBe(false)
  await expect(store.get(EMPTY)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
  const sending = store.send(EMPTY, { start: 0, end: 9 }, () => new PassThrough())
  await expect(sending).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
})

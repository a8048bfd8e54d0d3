import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteRevisionStore } from '@slipway/storage'
import tar from 'tar-stream'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { DataFolder } from '../data-folder.ts'
import { backUp } from './back-up.ts'
import { restore } from './restore.ts'

const root = mkdtempSync(join(tmpdir(), 'slipway-backup-test-'))
let rounds = 0
let data: DataFolder
let other: DataFolder
let file: string
beforeEach(async () => {
  const folder = join(root, String(rounds++))
  data = new DataFolder(join(folder, 'data'))
  other = new DataFolder(join(folder, 'other'))
  file = join(folder, 'backup.tar')
  data.folder('git', 'AppA.git', 'objects')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('backUp and restore', () => {
  it('bring back every file with its mode and links, while a server works on the folder', async () => {
    const store = await openSqliteRevisionStore(data.file('cluster.db'))
    await store.create('/a', '1')
    data.write('pki.json', '{"ca":{}}')
    writeFileSync(data.file('git', 'AppA.git', 'HEAD'), 'ref: refs/heads/master\n')
    writeFileSync(data.file('git', 'AppA.git', 'hook'), '', { mode: 0o755 })
    writeFileSync(data.file('git', 'AppA.git', 'objects', 'pack'), Buffer.alloc(3_000_000, 7))
    symlinkSync('AppA.git', data.file('git', 'link'))

    await backUp(data, file)
    await store.create('/b', 'after the backup')
    await store.close()
    await restore(other, file)

    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(other.read('pki.json')).toBe('{"ca":{}}')
    expect(statSync(other.file('pki.json')).mode & 0o777).toBe(0o600)
    expect(statSync(other.file('git', 'AppA.git', 'hook')).mode & 0o777).toBe(0o755)
    const pack = readFileSync(other.file('git', 'AppA.git', 'objects', 'pack'))
    expect(pack.equals(Buffer.alloc(3_000_000, 7))).toBe(true)
    expect(readlinkSync(other.file('git', 'link'))).toBe('AppA.git')
    const restored = await openSqliteRevisionStore(other.file('cluster.db'))
    expect(restored.list('/').entries.map(({ key }) => key)).toEqual(['/a'])
    await restored.close()
  })

  it('leave out what a start makes anew, and what only the running server means', async () => {
    await (await openSqliteRevisionStore(data.file('cluster.db'))).close()
    for (const name of ['instance.json', 'kubeconfig', 'pki.json']) data.write(name, '{}')
    writeFileSync(join(data.folder('cache', 'git'), 'x'), '')
    writeFileSync(join(data.folder('registry'), 'lock'), '')
    writeFileSync(join(data.folder('registry'), 'metadata.log'), '')

    await backUp(data, file)
    await restore(other, file)

    const there = ['instance.json', 'kubeconfig', 'cache', 'registry/lock', 'pki.json', 'registry/metadata.log']
    expect(there.filter((path) => existsSync(other.file(path)))).toEqual(['pki.json', 'registry/metadata.log'])
  })

  it('take what refers to content before the content', async () => {
    await (await openSqliteRevisionStore(data.file('cluster.db'))).close()
    const head = data.file('git', 'AppA.git', 'zz-refs')
    writeFileSync(head, 'x')
    writeFileSync(data.file('git', 'AppA.git', 'objects', 'a'), 'x')

    await backUp(data, file)

    const names = await namesIn(file)
    expect(names.indexOf('git/AppA.git/zz-refs')).toBeLessThan(names.indexOf('git/AppA.git/objects/a'))
  })

  it('take what there is beside a cluster that is somebody else’s', async () => {
    data.write('admin-token', 'x')

    await backUp(data, file)
    await restore(other, file)

    expect(other.read('admin-token')).toBe('x')
    expect(existsSync(other.file('cluster.db'))).toBe(false)
    expect(existsSync(other.file('slipway-backup.json'))).toBe(false)
  })

  it('replace an earlier backup only by a whole one', async () => {
    writeFileSync(file, 'the earlier one')
    data.write('cluster.db', 'no database at all, but long enough to be taken for one'.repeat(100))

    await expect(backUp(data, file)).rejects.toMatchObject({ code: 'DATABASE_UNREADABLE' })

    expect(readFileSync(file, 'utf8')).toBe('the earlier one')
    expect(existsSync(`${file}.unfinished`)).toBe(false)
    await expect(backUp(other, file)).rejects.toMatchObject({ code: 'NO_DATA' })
  })

  it('restore into an empty folder only', async () => {
    await (await openSqliteRevisionStore(data.file('cluster.db'))).close()
    await backUp(data, file)

    await expect(restore(data, file)).rejects.toMatchObject({ code: 'DATA_DIR_NOT_EMPTY' })
    mkdirSync(other.path, { recursive: true })
    await restore(other, file)

    expect(existsSync(other.file('cluster.db'))).toBe(true)
  })

  it.each<[string, () => Promise<void>]>([
    ['absent', async () => {}],
    ['no archive', async () => writeFileSync(file, 'x'.repeat(2000))],
    ['another archive', () => writeArchive([{ name: 'etc/passwd' }])],
    ['one that leaves the folder', () => writeArchive([{ name: 'slipway-backup.json' }, { name: '../outside' }])],
    ['one with an absolute name', () => writeArchive([{ name: 'slipway-backup.json' }, { name: '/tmp/outside' }])],
    [
      'one that writes through its own link',
      () =>
        writeArchive([
          { name: 'slipway-backup.json' },
          { name: 'link', type: 'symlink', linkname: root },
          { name: 'link/written-through' },
        ]),
    ],
    [
      'cut off',
      async () => {
        await (await openSqliteRevisionStore(data.file('cluster.db'))).close()
        await backUp(data, file)
        writeFileSync(file, readFileSync(file).subarray(0, 4000))
      },
    ],
  ])('leave nothing behind when the file is %s', async (_, write) => {
    await write()

    await expect(restore(other, file)).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' })

    expect(existsSync(other.path)).toBe(false)
    expect(existsSync(`${other.path}.restoring`)).toBe(false)
    expect(existsSync(join(root, 'written-through'))).toBe(false)
  })
})

async function writeArchive(headers: { name: string; type?: 'symlink'; linkname?: string }[]): Promise<void> {
  const pack = tar.pack()
  for (const header of headers) pack.entry(header, header.type ? '' : 'text')
  pack.finalize()
  writeFileSync(file, '')
  for await (const part of pack) appendFileSync(file, part as Uint8Array)
}

async function namesIn(archive: string): Promise<string[]> {
  const extract = tar.extract()
  extract.end(readFileSync(archive))
  const names: string[] = []
  for await (const entry of extract) {
    names.push(entry.header.name)
    entry.resume()
  }
  return names
}

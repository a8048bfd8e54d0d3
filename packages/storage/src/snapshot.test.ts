import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CompactedError, copyRevisionStore, openSqliteRevisionStore } from './index.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshot-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
const newFile = () => join(folder, `${files++}.db`)

describe('copyRevisionStore', () => {
  it('copies the state of one moment while the store is written', async () => {
    const [file, target] = [newFile(), newFile()]
    const store = await openSqliteRevisionStore(file)
    await store.create('/count', '0')
    let stopped = false
    const writing = (async () => {
      // Two keys that always agree: a copy of no single moment would show them apart.
      for (let n = 1; !stopped; n++) {
        await Promise.all(['/a', '/b'].map((key) => store.update(key, String(n), store.get(key)?.modRevision ?? 0)))
        await Promise.all(['/a', '/b'].map((key) => store.get(key) ?? store.create(key, String(n))))
      }
    })()

    for (let round = 0; round < 5; round++) {
      await copyRevisionStore(file, target)
      const copy = await openSqliteRevisionStore(target)
      expect(copy.get('/a')?.value).toBe(copy.get('/b')?.value)
      expect(copy.get('/count')?.value).toBe('0')
      await copy.close()
    }

    stopped = true
    await writing
    await store.close()
  })

  it('has the objects with their revisions, no history, and gives only revisions that no client has seen', async () => {
    const [file, target] = [newFile(), newFile()]
    const store = await openSqliteRevisionStore(file)
    await store.create('/kept', '1')
    await store.update('/kept', '2', 1)
    await store.create('/gone', '1')
    await store.delete('/gone', 3)
    await copyRevisionStore(file, target)
    const seenLater = (await store.create('/later', '1'))?.modRevision ?? 0
    await store.close()

    const copy = await openSqliteRevisionStore(target)

    expect(copy.list('/').entries).toEqual([{ key: '/kept', value: '2', createRevision: 1, modRevision: 2 }])
    expect(() => copy.watch('/', seenLater, () => {})).toThrow(CompactedError)
    expect((await copy.create('/new', '1'))?.modRevision).toBeGreaterThan(seenLater)
    await copy.close()
    const again = await openSqliteRevisionStore(target)
    expect(again.list('/').entries.map(({ key }) => key)).toEqual(['/kept', '/new'])
    await again.close()
  })

  it('is one file, and refuses what is no database', async () => {
    const [file, target] = [newFile(), newFile()]
    await (await openSqliteRevisionStore(file)).close()

    await copyRevisionStore(file, target)

    const left = (await readdir(folder)).filter((name) => name.startsWith(target.slice(folder.length + 1)))
    expect(left).toEqual([target.slice(folder.length + 1)])
    await expect(copyRevisionStore(join(folder, 'absent.db'), newFile())).rejects.toMatchObject({
      code: 'DATABASE_UNREADABLE',
    })
  })
})

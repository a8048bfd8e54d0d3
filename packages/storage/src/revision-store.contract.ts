import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CompactedError, type RevisionStore, type StoreEvent } from './index.ts'

/** What every RevisionStore does; each driver runs it. */
export function runRevisionStoreContract(name: string, open: () => Promise<RevisionStore>): void {
  describe(`${name} as a RevisionStore`, () => {
    let store: RevisionStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    it('gives every write the next revision and keeps the revision of creation', async () => {
      const created = await store.create('/a', '1')
      const updated = await store.update('/a', '2', created?.modRevision ?? 0)

      expect(updated).toEqual({ key: '/a', value: '2', createRevision: 1, modRevision: 2 })
      expect(store.get('/a')).toEqual(updated)
      expect(store.revision()).toBe(2)
    })

    it('refuses to create what exists, and to change or delete what has moved on', async () => {
      await store.create('/a', '1')

      expect(await store.create('/a', 'again')).toBeUndefined()
      expect(await store.update('/a', '2', 7)).toBeUndefined()
      expect(await store.update('/none', '2', 0)).toBeUndefined()
      expect(await store.delete('/a', 7)).toBeUndefined()
      expect(await store.delete('/none', 0)).toBeUndefined()
      expect(store.get('/a')?.value).toBe('1')
    })

    it('lets exactly one of two simultaneous writers win', async () => {
      const results = await Promise.all([store.create('/a', 'x'), store.create('/a', 'y')])

      expect(results.filter(Boolean)).toHaveLength(1)
    })

    it('lists a prefix in key order, in pages, and as it was at a past revision', async () => {
      for (const key of ['/p/c', '/p/a', '/q/x', '/p/b']) await store.create(key, key)
      const past = store.revision()
      await store.update('/p/a', 'new', store.get('/p/a')?.modRevision ?? 0)
      await store.delete('/p/b', store.get('/p/b')?.modRevision ?? 0)
      await store.create('/p/d', 'd')

      const page = store.list('/p/', { limit: 2, revision: past })
      const rest = store.list('/p/', { after: '/p/b', revision: past })

      expect(store.list('/p/').entries.map((entry) => entry.value)).toEqual(['new', '/p/c', 'd'])
      expect(page).toMatchObject({ more: true, remaining: 1, revision: past })
      expect(page.entries.map((entry) => entry.value)).toEqual(['/p/a', '/p/b'])
      expect(rest.entries.map((entry) => entry.key)).toEqual(['/p/c'])
    })

    it('says how many entries follow a page, wherever the page ends', async () => {
      for (let n = 0; n < 1200; n++) await store.create(`/${n % 3}/${String(n).padStart(4, '0')}`, 'x')

      for (const after of ['', '/1/', '/1/0001', '/1/0600', '/1/0601', '/1/1198']) {
        const all = store.list('/1/', { after })
        const some = store.list('/1/', { after, limit: 7 })

        expect(all).toMatchObject({ more: false, remaining: 0 })
        expect(some.entries).toEqual(all.entries.slice(0, 7))
        expect(some.remaining).toBe(Math.max(0, all.entries.length - 7))
      }
    })

    it('tells a watcher of the keys that have its prefix, and of no others', async () => {
      const seen: Record<string, string[]> = { '/': [], '/a': [], '/a/': [], '/a/b': [], '/b/': [] }
      const stops = Object.entries(seen).map(([prefix, keys]) => store.watch(prefix, 0, ({ key }) => keys.push(key)))
      const stopSecond = store.watch('/a/', 0, () => {})

      for (const key of ['/a', '/a/b', '/a/bc', '/ab', '/b/c']) await store.create(key, 'x')
      stopSecond()
      stops[1]?.()
      await store.create('/a/d', 'x')

      expect(seen).toEqual({
        '/': ['/a', '/a/b', '/a/bc', '/ab', '/b/c', '/a/d'],
        '/a': ['/a', '/a/b', '/a/bc', '/ab'],
        '/a/': ['/a/b', '/a/bc', '/a/d'],
        '/a/b': ['/a/b', '/a/bc'],
        '/b/': ['/b/c'],
      })
    })

    it('replays history to a watcher and goes on live, without gap or duplicate', async () => {
      await store.create('/a', '1')
      const from = store.revision()
      await store.update('/a', '2', from)
      const events: StoreEvent[] = []

      const stop = store.watch('/', from, (event) => events.push(event))
      await store.delete('/a', 2)
      stop()
      await store.create('/a', 'unseen')

      expect(events.map(({ type, revision }) => [type, revision])).toEqual([
        ['put', 2],
        ['delete', 3],
      ])
      expect(events[0]?.previous?.value).toBe('1')
      expect(events[1]?.entry.value).toBe('2')
    })

    it('shows all watchers one order, also when a watcher writes', async () => {
      const seen: number[] = []
      let wrote: Promise<unknown> | undefined
      store.watch('/', 0, () => {
        wrote ??= store.create('/b', 'from a watcher')
      })
      store.watch('/', 0, (event) => seen.push(event.revision))

      await store.create('/a', '1')
      await wrote

      expect(seen).toEqual([1, 2])
    })

    it('forgets history by compaction, and says so', async () => {
      for (let n = 0; n < 5; n++) await store.create(`/${n}`, 'x')

      await store.compact(3)

      expect(() => store.watch('/', 2, () => {})).toThrow(CompactedError)
      expect(() => store.list('/', { revision: 2 })).toThrow(CompactedError)
      expect(store.list('/', { revision: 3 }).entries).toHaveLength(3)
      expect(store.list('/').entries).toHaveLength(5)
    })

    it('agrees with a plain map under any sequence of writes', async () => {
      const key = fc.constantFrom('/a', '/a/b', '/b', '/c/d', '/c/e')
      const command = fc.record({ do: fc.constantFrom('create', 'update', 'delete'), key, value: fc.string() })
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
          const start = store.revision()
          const before = new Map(store.list('/').entries.map((entry) => [entry.key, entry.value]))
          const model = new Map(before)
          const events: StoreEvent[] = []
          const stop = store.watch('/', start, (event) => events.push(event))
          for (const { do: verb, key, value } of commands) {
            const current = store.get(key)
            const exists = model.has(key)
            if (verb === 'create') {
              expect((await store.create(key, value)) !== undefined).toBe(!exists)
              if (!exists) model.set(key, value)
            } else if (verb === 'update') {
              expect((await store.update(key, value, current?.modRevision ?? 0)) !== undefined).toBe(exists)
              if (exists) model.set(key, value)
            } else {
              expect((await store.delete(key, current?.modRevision ?? 0)) !== undefined).toBe(exists)
              model.delete(key)
            }
          }
          stop()

          expect(new Map(store.list('/').entries.map((entry) => [entry.key, entry.value]))).toEqual(model)
          expect(new Map(store.list('/', { revision: start }).entries.map((e) => [e.key, e.value]))).toEqual(before)
          expect(events.map((event) => event.revision)).toEqual(events.map((_, index) => start + index + 1))
        }),
        { numRuns: 30 },
      )
    })
  })
}

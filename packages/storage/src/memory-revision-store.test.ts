import { describe, expect, it } from 'vitest'
import { CompactedError, MemoryRevisionStore } from './index.ts'
import { runRevisionStoreContract } from './revision-store.contract.ts'

runRevisionStoreContract('MemoryRevisionStore', async () => new MemoryRevisionStore())

describe('history limits', () => {
  it('keep the newest revisions only', async () => {
    const store = new MemoryRevisionStore({ revisions: 100 })
    for (let n = 0; n < 1000; n++) await store.create(`/${n}`, 'x')

    expect(() => store.watch('/', 800, () => {})).toThrow(CompactedError)
    expect(() => store.watch('/', 900, () => {})).not.toThrow()
  })

  it('keep less when values are large', async () => {
    const store = new MemoryRevisionStore({ bytes: 10_000 })
    for (let n = 0; n < 100; n++) await store.create(`/${n}`, 'x'.repeat(1000))

    expect(() => store.watch('/', 80, () => {})).toThrow(CompactedError)
    expect(() => store.watch('/', 99, () => {})).not.toThrow()
  })
})

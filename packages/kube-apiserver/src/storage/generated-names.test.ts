import { type Entry, MemoryRevisionStore } from '@slipway/storage'
import { expect, it } from 'vitest'
import { startTestServer } from '../testing/test-server.ts'

/** A store in which others are quicker: the first so many names of a prefix are taken just before they are written. */
class CrowdedStore extends MemoryRevisionStore {
  readonly #prefix: string
  #rivals: number

  constructor(prefix: string, rivals: number) {
    super()
    this.#prefix = prefix
    this.#rivals = rivals
  }

  override async create(key: string, value: string): Promise<Entry | undefined> {
    if (key.startsWith(this.#prefix) && this.#rivals-- > 0) await super.create(key, value)
    return await super.create(key, value)
  }
}

it.each([
  [1, 201],
  [7, 201],
  [8, 409],
])('a name that is generated is tried again when %i others have it', async (rivals, status) => {
  const api = await startTestServer({ store: new CrowdedStore('/registry/core/configmaps/default/busy-', rivals) })
  await api.call('POST', '/api/v1/namespaces/default/resourcequotas', {
    body: { metadata: { name: 'q' }, spec: { hard: { 'count/configmaps': '20' } } },
  })
  const made = await api.call('POST', '/api/v1/namespaces/default/configmaps', {
    body: { metadata: { generateName: 'busy-' } },
  })

  expect(made.status).toBe(status)
  if (status === 409) expect(made.body.message).toContain('was not able to generate a unique name')
  await api.stop()
})

import { gunzipSync, gzipSync } from 'node:zlib'
import type { Platform, Release } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { MemoryApiServer } from '@slipway/kube-client/testing'
import type { KubeObject } from '@slipway/kube-objects'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ReleaseStorage } from './storage.ts'

const server = new MemoryApiServer([
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
])
const platform = { gzip: gzipSync, gunzip: gunzipSync, now: () => new Date() } as unknown as Platform
let client: KubeClient

beforeAll(async () => {
  client = await server.start()
})
afterAll(async () => {
  await client.close()
  await server.stop()
})

const namespace = 'apps'
const revision = (version: number, status: Release['info']['status']): Release => ({
  name: 'shop',
  namespace,
  version,
  info: { first_deployed: '', last_deployed: '', deleted: '', description: '', status },
  chart: { metadata: { name: 'shop', version: '0.1.0' } } as Release['chart'],
  manifest: '',
})

describe.each(['Secret', 'ConfigMap'] as const)('releases in a %s', (kind) => {
  const record = (name: string, data: object): KubeObject =>
    ({
      ...{ apiVersion: 'v1', kind, data },
      metadata: { name, namespace, labels: { name: 'shop', owner: 'helm' } },
    }) as KubeObject

  it('are kept, changed and forgotten', async () => {
    const storage = new ReleaseStorage(client, platform, kind)
    await storage.create({ release: revision(1, 'pending-install') })
    await storage.create({ release: revision(2, 'deployed') })
    await storage.update({ release: revision(1, 'superseded') })

    const history = await storage.history('shop', namespace)
    expect(history.map(({ release }) => [release.version, release.info.status])).toEqual([
      [1, 'superseded'],
      [2, 'deployed'],
    ])
    await storage.delete(revision(1, 'superseded'))
    expect((await storage.history('shop', namespace)).map(({ release }) => release.version)).toEqual([2])
  })

  it('that can not be read are passed over, and what is not said of one is as Go has it', async () => {
    const storage = new ReleaseStorage(client, platform, kind)
    const coded = (text: string): string => {
      const once = Buffer.from(text).toString('base64')
      return kind === 'Secret' ? Buffer.from(once).toString('base64') : once
    }
    await client.create(record('broken', { release: coded('no release') }))
    await client.create(record('null', { release: coded('null') }))
    await client.create(record('empty', {}))
    await client.create(record('bare', { release: coded('{"name":"bare"}') }))

    const found = await storage.all(namespace)
    expect(found.find(({ release }) => release.name === 'bare')?.release).toMatchObject({ version: 0, namespace: '' })
    expect(found.filter(({ release }) => release.name !== 'bare')).toHaveLength(1)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { openWatch, type WatchEvent } from '../testing/watch-client.ts'

let api: TestServer
beforeAll(async () => {
  api = await startTestServer()
})
afterAll(() => api.stop())

const MAPS = '/api/v1/namespaces/default/configmaps'
const create = (name: string, labels: object = {}) => api.call('POST', MAPS, { body: { metadata: { name, labels } } })
const label = (name: string, labels: object) =>
  api.call('PATCH', `${MAPS}/${name}`, { body: { metadata: { labels } }, type: 'application/merge-patch+json' })
const summary = ({ type, object }: WatchEvent) => `${type} ${object.metadata.name}`

describe('a watch', () => {
  it('goes on from the version of a list, without gap or duplicate', async () => {
    await create('before')
    const { body: list } = await api.call('GET', MAPS)
    await create('between')

    const watch = await openWatch(api, `${MAPS}?watch=true&resourceVersion=${list.metadata.resourceVersion}`)
    await api.call('DELETE', `${MAPS}/between`)
    const events = [await watch.next(), await watch.next()]
    watch.close()

    expect(events.map(summary)).toEqual(['ADDED between', 'DELETED between'])
    expect(Number(events[1]?.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(events[0]?.object.metadata.resourceVersion),
    )
  })

  it('is asked for by a flag whose case does not matter: clients for Python send True and False', async () => {
    const list = await api.call('GET', `${MAPS}?watch=False`)
    const watch = await openWatch(api, `${MAPS}?watch=True&allowWatchBookmarks=FALSE`)
    const first = await watch.next()
    watch.close()

    expect([list.body.kind, first.type]).toEqual(['ConfigMapList', 'ADDED'])
  })

  it('sees objects come and go as they begin and cease to match', async () => {
    const { body: list } = await api.call('GET', MAPS)
    const watch = await openWatch(
      api,
      `${MAPS}?watch=1&labelSelector=team%3Da&resourceVersion=${list.metadata.resourceVersion}`,
    )

    await create('moving', { team: 'b' })
    await label('moving', { team: 'a' })
    await label('moving', { extra: 'x' })
    await label('moving', { team: 'b' })
    const events = [await watch.next(), await watch.next(), await watch.next()]
    watch.close()

    expect(events.map(summary)).toEqual(['ADDED moving', 'MODIFIED moving', 'DELETED moving'])
  })

  it('begins with what is there, and says when that is complete', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watch = await openWatch(api, `/api/v1/namespaces?${query}`)

    const events: WatchEvent[] = []
    while (events.at(-1)?.type !== 'BOOKMARK') events.push(await watch.next())
    watch.close()

    expect(events.map(summary).slice(0, -1)).toEqual([
      'ADDED default',
      'ADDED kube-node-lease',
      'ADDED kube-public',
      'ADDED kube-system',
    ])
    expect(events.at(-1)?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
  })

  it('comes whole and in order to each of many watchers, while objects change without pause', async () => {
    const { body: list } = await api.call('GET', MAPS)
    const path = `${MAPS}?watch=true&labelSelector=crowd&resourceVersion=${list.metadata.resourceVersion}`
    const watches = await Promise.all(Array.from({ length: 50 }, () => openWatch(api, path)))
    const names = Array.from({ length: 40 }, (_, n) => `crowd-${n}`)

    for (const name of names) await create(name, { crowd: '' })

    for (const watch of watches) {
      const seen: string[] = []
      while (seen.length < names.length) seen.push(summary(await watch.next()))
      expect(seen).toEqual(names.map((name) => `ADDED ${name}`))
      watch.close()
    }
  })

  it('sends all that is there, more than may wait for a reader, and then what changed meanwhile', async () => {
    const large = { data: { text: 'x'.repeat(900_000) } }
    for (let n = 0; n < 40; n++) {
      await api.call('POST', '/api/v1/namespaces/kube-public/configmaps', {
        body: { metadata: { name: `large-${n}` }, ...large },
      })
    }

    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
    const watch = await openWatch(api, `/api/v1/namespaces/kube-public/configmaps?${query}`)
    await api.call('DELETE', '/api/v1/namespaces/kube-public/configmaps/large-7')
    const seen: string[] = []
    while (!seen.at(-1)?.startsWith('DELETED')) seen.push(summary(await watch.next()))
    watch.close()

    expect(seen.filter((event) => event.startsWith('ADDED large'))).toHaveLength(40)
    expect(seen.slice(-2)).toEqual(['BOOKMARK undefined', 'DELETED large-7'])
  })

  it('is told 410 when its version is compacted', async () => {
    await create('old')
    await create('new')
    await api.store.compact(api.store.revision())

    const watch = await openWatch(api, `${MAPS}?watch=true&resourceVersion=1`)
    const event = await watch.next()

    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
  })

  it('comes as tables, with columns in the first event only', async () => {
    const watch = await openWatch(api, '/api/v1/namespaces?watch=true', 'application/json;as=Table;v=v1;g=meta.k8s.io')
    const [first, second] = [await watch.next(), await watch.next()]
    watch.close()

    expect(first?.object.columnDefinitions).toHaveLength(3)
    expect(first?.object.rows[0].cells.slice(0, 2)).toEqual(['default', 'Active'])
    expect(second?.object.columnDefinitions).toBeNull()
  })
})

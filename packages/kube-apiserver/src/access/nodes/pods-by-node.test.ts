import { MemoryRevisionStore } from '@slipway/storage'
import { expect, it } from 'vitest'
import { PodsByNode } from './pods-by-node.ts'

const keyOf = (name: string): string => `/registry/core/pods/n/${name}`
const text = (name: string, spec: object, metadata: object = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { uid: name, name, namespace: 'n', ...metadata }, spec })

it('knows the pods of a node from before and after it was asked first, by what their specs say', async () => {
  const store = new MemoryRevisionStore()
  const pods = new PodsByNode(store)
  const on = (node: string): string[] => pods.of(node).map(({ metadata }) => metadata.name)
  const put = async (name: string, spec: object, metadata?: object): Promise<void> => {
    const before = store.get(keyOf(name))
    const value = text(name, spec, metadata)
    await (before ? store.update(keyOf(name), value, before.modRevision) : store.create(keyOf(name), value))
  }
  await put('a', { nodeName: 'one' })
  await put('b', {}, { labels: { nodeName: 'one' } })

  expect(on('one')).toEqual(['a'])
  await put('b', { nodeName: 'two' })
  await put('c', { nodeName: 'one' })
  await put('a', { nodeName: 'one' }, { labels: { is: 'new' } })
  expect([on('one'), on('two')]).toEqual([['a', 'c'], ['b']])
  expect(pods.of('one')[0]?.metadata.labels).toEqual({ is: 'new' })

  await store.delete(keyOf('a'), store.get(keyOf('a'))?.modRevision ?? 0)
  await put('a', { nodeName: 'two' })
  expect([on('one'), on('two')]).toEqual([['c'], ['b', 'a']])
})

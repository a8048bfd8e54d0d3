import { messageOf, TransientError, UserError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import { expect, it, vi } from 'vitest'
import type { KubeClient } from './client.ts'
import { Informer } from './informer.ts'
import type { WatchEvent } from './types.ts'

const PODS = { apiVersion: 'v1', kind: 'Pod' }
const pod = (name: string, uid: string, resourceVersion: string): KubeObject => ({
  ...PODS,
  metadata: { name, namespace: 'n', uid, resourceVersion },
})

/** An API whose history is lost before each watch but the last. */
function clientOf(lists: { items: KubeObject[]; resourceVersion: string }[], events: WatchEvent[]): KubeClient {
  return {
    list: async () => lists.shift(),
    async *watch(_query: object, signal: AbortSignal) {
      if (lists.length > 0) throw new TransientError('KUBE_EXPIRED', 'too old resource version')
      yield* events
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  } as unknown as KubeClient
}

it('tells that an object is gone which another one of its name has replaced while nobody watched', async () => {
  const informer = new Informer(
    clientOf(
      [
        { items: [pod('a', 'first', '1'), pod('b', 'b', '2')], resourceVersion: '2' },
        { items: [pod('a', 'second', '6'), pod('b', 'b', '5')], resourceVersion: '7' },
      ],
      [{ type: 'BOOKMARK', object: pod('', '', '9') }],
    ),
    PODS,
  )
  const changes: string[] = []
  informer.on(({ type, object }) => changes.push(`${type} ${object.metadata.uid}`))

  await informer.start()
  await expect.poll(() => informer.version).toBe('9')
  await informer.stop()

  expect(changes).toEqual(['added first', 'added b', 'deleted first', 'added second', 'modified b'])
})

it('has an index that knows of a change before anybody is told of it, and one for all who ask by the same', async () => {
  const informer = new Informer(
    clientOf(
      [{ items: [pod('a', 'a', '1')], resourceVersion: '1' }],
      [
        { type: 'MODIFIED', object: pod('a', 'a', '2') },
        { type: 'DELETED', object: pod('a', 'a', '3') },
      ],
    ),
    PODS,
  )
  const byUid = ({ metadata }: KubeObject): string[] => [metadata.uid ?? '']
  const index = informer.index(byUid)
  const seen: string[][] = []
  informer.on(({ type }) => seen.push([type, ...index.of('a').map(({ metadata }) => metadata.resourceVersion ?? '')]))

  await informer.start()
  await expect.poll(() => informer.version).toBe('3')
  await informer.stop()

  expect(seen).toEqual([['added', '1'], ['modified', '2'], ['deleted']])
  expect(informer.index(byUid)).toBe(index)
})

it('can be tried where its kind is not there yet, and has its objects once it is', async () => {
  const lists = [{ items: [pod('a', 'a', '1')], resourceVersion: '1' }]
  const client = clientOf(lists, [])
  const errors: string[] = []
  const { list } = client
  client.list = async () => {
    throw new UserError('KUBE_NO_SUCH_KIND', 'no matches for kind "Pod"')
  }
  const informer = new Informer(client, PODS, (error) => errors.push(messageOf(error)))

  await informer.tryStart()
  expect([informer.list(), errors]).toEqual([[], ['no matches for kind "Pod"']])

  client.list = list
  await informer.start()
  await informer.stop()
  expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a'])
})

it('waits longer each time before it lists anew what a server forgets again and again', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const lists = Array.from({ length: 4 }, () => ({ items: [], resourceVersion: '1' }))
  const begun = performance.now()
  const informer = new Informer(clientOf(lists, [{ type: 'BOOKMARK', object: pod('', '', '9') }]), PODS)

  await informer.start()
  await expect.poll(() => informer.version).toBe('9')
  vi.restoreAllMocks()
  await informer.stop()

  expect(performance.now() - begun).toBeGreaterThan(100 + 200 + 400 - 10)
})

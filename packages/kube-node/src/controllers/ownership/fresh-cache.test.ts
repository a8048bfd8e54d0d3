import { type Change, type ChangeHandler, type Informer, ObjectIndex, type ValuesOf } from '@slipway/kube-client'
import { type KubeObject, parseLabelSelector } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { FreshCache } from './fresh-cache.ts'

const object = (name: string, resourceVersion: string, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', uid: name, resourceVersion, ...more },
})

/** An informer whose watch is as slow as the test wants. */
class SlowInformer {
  readonly objects = new Map<string, KubeObject>()
  readonly #handlers = new Set<ChangeHandler<KubeObject>>()
  readonly #indexes = new Map<ValuesOf<KubeObject>, ObjectIndex<KubeObject>>()
  version = '0'

  get = ({ name }: { name: string }): KubeObject | undefined => this.objects.get(name)
  list = (): KubeObject[] => [...this.objects.values()]
  on = (handler: ChangeHandler<KubeObject>): unknown => this.#handlers.add(handler)

  index(valuesOf: ValuesOf<KubeObject>): ObjectIndex<KubeObject> {
    const known = this.#indexes.get(valuesOf)
    if (known) return known
    const index = new ObjectIndex(valuesOf)
    for (const [name, one] of this.objects) index.move(name, undefined, one)
    this.#indexes.set(valuesOf, index)
    return index
  }

  bring(type: Change<KubeObject>['type'], changed: KubeObject): void {
    const { name } = changed.metadata
    const after = type === 'deleted' ? undefined : changed
    for (const index of this.#indexes.values()) index.move(name, this.objects.get(name), after)
    if (after) this.objects.set(name, after)
    else this.objects.delete(name)
    this.version = changed.metadata.resourceVersion ?? this.version
    for (const handler of this.#handlers) handler({ type, object: changed })
  }
}

function fixture(): { informer: SlowInformer; cache: FreshCache<KubeObject>; shown: () => string[] } {
  const informer = new SlowInformer()
  const cache = new FreshCache(informer as unknown as Informer<KubeObject>)
  const shown = (): string[] =>
    cache
      .list()
      .map(
        ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}${metadata.deletionTimestamp ? ' leaving' : ''}`,
      )
  return { informer, cache, shown }
}

describe('FreshCache', () => {
  it('has what was written before the watch has it', () => {
    const { informer, cache, shown } = fixture()

    cache.wrote(object('a', '5'))
    const before = shown()
    informer.bring('added', object('a', '5'))
    informer.bring('modified', object('a', '7'))

    expect([before, shown()]).toEqual([['a@5'], ['a@7']])
  })

  it('shows the newer of what was written and what the watch has', () => {
    const { informer, cache, shown } = fixture()
    informer.bring('added', object('a', '5'))

    cache.wrote(object('a', '9'))
    informer.bring('modified', object('a', '6'))

    expect(shown()).toEqual(['a@9'])
  })

  it('shows what was told to go as leaving until it has gone', () => {
    const { informer, cache, shown } = fixture()
    informer.bring('added', object('a', '5'))

    cache.deleted(object('a', '5'))
    const before = shown()
    informer.bring('modified', object('a', '6', { deletionTimestamp: '2026-01-01T00:00:00Z' }))
    const during = shown()
    informer.bring('deleted', object('a', '7'))

    expect([before, during, shown()]).toEqual([['a@5 leaving'], ['a@6 leaving'], []])
  })

  it('does not bring back what has gone before the answer to a write came', () => {
    const { informer, cache, shown } = fixture()
    informer.bring('added', object('a', '5'))
    informer.bring('deleted', object('a', '6'))

    cache.wrote(object('a', '6'))

    expect(shown()).toEqual([])
  })

  it('forgets what went before the watch ever had it, as it learns from a later version', () => {
    const { informer, cache, shown } = fixture()
    cache.wrote(object('a', '5'))
    cache.deleted(object('a', '5'))
    expect(shown()).toEqual(['a@5 leaving'])

    informer.version = '9'

    expect(shown()).toEqual([])
  })

  it('finds by their labels those of a namespace, as they were written last', () => {
    const { informer, cache } = fixture()
    const labelled = (name: string, version: string, labels: Record<string, string>, namespace = 'n') =>
      object(name, version, { labels, namespace })
    informer.bring('added', labelled('a', '1', { app: 'web', tier: 'x' }))
    informer.bring('added', labelled('b', '2', { app: 'web' }))
    informer.bring('added', labelled('c', '3', { app: 'web' }, 'm'))
    cache.wrote(labelled('d', '9', { app: 'web', tier: 'x' }))
    cache.wrote(labelled('b', '8', { app: 'other' }))
    const found = (selector: string): string[] =>
      cache.selectedBy('n', parseLabelSelector(selector)).map(({ metadata }) => metadata.name)

    expect(['', 'app=web', 'app=web,tier=x', 'app in (web,other)', 'app!=web', 'tier'].map(found)).toEqual([
      ['a', 'b', 'd'],
      ['a', 'd'],
      ['a', 'd'],
      ['a', 'b', 'd'],
      ['b'],
      ['a', 'd'],
    ])
  })

  it('has what was written under its name, and not one of this name that is gone', () => {
    const { informer, cache } = fixture()
    informer.bring('added', object('a', '1'))
    const versions = (): (string | undefined)[] =>
      ['a', 'b'].map((name) => cache.get({ name, namespace: 'n' })?.metadata.resourceVersion)

    expect(versions()).toEqual(['1', undefined])
    cache.wrote(object('a', '5'))
    cache.wrote(object('b', '6'))
    expect(versions()).toEqual(['5', '6'])
    informer.bring('modified', object('b', '7'))
    informer.bring('deleted', object('a', '8'))
    expect(versions()).toEqual([undefined, '7'])
  })

  it("knows whose objects are whose, and which are nobody's, also while the watch does not", () => {
    const { informer, cache } = fixture()
    const by = (uid: string) => ({
      ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: uid, uid, controller: true }],
    })
    const owner = object('o', '1')
    const found = (): string[][] =>
      [cache.ownedBy(owner), cache.claimableBy(owner)].map((list) => list.map(({ metadata }) => metadata.name).sort())
    informer.bring('added', object('a', '2', by('o')))
    informer.bring('added', object('b', '3', by('other')))
    informer.bring('added', object('c', '4'))
    informer.bring('added', object('d', '5', { namespace: 'm' }))
    const before = found()

    cache.wrote(object('b', '8', by('o')))
    cache.wrote(object('a', '9'))
    const meanwhile = found()
    informer.bring('modified', object('b', '8', by('o')))
    informer.bring('modified', object('a', '9'))
    informer.bring('deleted', object('c', '10', by('other')))

    expect([before, meanwhile, found()]).toEqual([
      [['a'], ['a', 'c']],
      [['b'], ['a', 'b', 'c']],
      [['b'], ['a', 'b']],
    ])
  })
})

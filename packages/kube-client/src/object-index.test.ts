import type { KubeObject } from '@slipway/kube-objects'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ObjectIndex, type ValuesOf } from './object-index.ts'

const VALUES = ['a', 'b', 'c', 'd']
const byTags: ValuesOf<KubeObject> = ({ spec }) => spec?.tags ?? []

/** What comes to a place in the cache, with a value twice, or none; undefined: what was there goes. */
const steps = fc.array(
  fc.tuple(fc.constantFrom('k1', 'k2', 'k3', 'k4'), fc.option(fc.array(fc.constantFrom(...VALUES), { maxLength: 4 }))),
  { maxLength: 40 },
)

it('finds what going through all would find, after any changes', () => {
  fc.assert(
    fc.property(steps, (changes) => {
      const cache = new Map<string, KubeObject>()
      const index = new ObjectIndex(byTags)
      for (const [key, tags] of changes) {
        const after = tags ? { apiVersion: 'v1', kind: 'K', metadata: { name: key }, spec: { tags } } : undefined
        index.move(key, cache.get(key), after)
        if (after) cache.set(key, after)
        else cache.delete(key)
      }
      for (const value of VALUES) {
        const all = [...cache.values()].filter((object) => byTags(object).includes(value))
        expect(new Set(index.of(value))).toEqual(new Set(all))
        expect(index.count(value)).toBe(all.length)
      }
    }),
  )
})

it('has an object that changes where it was, so that the order is that of their coming', () => {
  const object = (name: string, version: number): KubeObject => ({
    ...{ apiVersion: 'v1', kind: 'K', metadata: { name }, spec: { tags: ['a'], version } },
  })
  const index = new ObjectIndex(byTags)
  for (const name of ['x', 'y']) index.move(name, undefined, object(name, 1))
  index.move('x', object('x', 1), object('x', 2))

  expect(index.of('a')).toEqual([object('x', 2), object('y', 1)])
})

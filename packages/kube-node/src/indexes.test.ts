import { ObjectIndex } from '@slipway/kube-client'
import { type KubeObject, parseLabelSelector } from '@slipway/kube-objects'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byLabel, bySelector, narrowest, servicesOf } from './indexes.ts'
import { matchesAll } from './labels.ts'
import type { Service } from './model/service.ts'

const NAMESPACES = ['', 'm', 'n']
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { maxKeys: 3 })
const pods = fc.record({ namespace: fc.constantFrom(...NAMESPACES), labels })
const services = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  selector: fc.option(labels, { nil: undefined }),
})

const podOf = (metadata: { namespace: string; labels: Record<string, string> }, name = 'p'): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name } },
})

it('has the Services of a pod that going through all would find', () => {
  fc.assert(
    fc.property(pods, fc.array(services), (metadata, all) => {
      const index = new ObjectIndex(bySelector)
      const made = all.map(
        ({ namespace, selector }, number): Service => ({
          ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: `s${number}` } },
          spec: selector ? { selector } : {},
        }),
      )
      for (const service of made) index.move(service.metadata.name, undefined, service)

      const expected = made.filter(
        (one) =>
          one.metadata.namespace === metadata.namespace &&
          one.spec.selector &&
          matchesAll(one.spec.selector, metadata.labels),
      )
      expect(new Set(servicesOf(index, podOf(metadata)))).toEqual(new Set(expected))
    }),
  )
})

it.each([
  ['', 'n'],
  ['app=web', 'n app=web'],
  ['app=web,tier=x', 'n tier=x'],
  ['tier=x,app=web', 'n tier=x'],
  ['app in (web,api),tier!=x,tier', 'n'],
  ['app=nobody', 'n app=nobody'],
])('has those that %j may mean under %j', (selector, expected) => {
  const index = new ObjectIndex(byLabel)
  const each = [{ app: 'web', tier: 'x' }, { app: 'web' }, { app: 'api' }]
  for (const [number, of] of each.entries()) {
    index.move(`${number}`, undefined, podOf({ namespace: 'n', labels: of as never }, `${number}`))
  }

  expect(narrowest(index, 'n', parseLabelSelector(selector))).toBe(expected)
})

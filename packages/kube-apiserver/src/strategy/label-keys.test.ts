import type { KubeObject } from '@slipway/kube-objects'
import { expect, it } from 'vitest'
import { applyLabelKeys } from './label-keys.ts'

it('a pod asks for the values that it has of the keys that it names', () => {
  const term = (keys: object) => ({ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'a' } }, ...keys })
  const affinity = {
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, podAffinityTerm: term({ mismatchLabelKeys: ['hash'] }) },
      ],
    },
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ matchLabelKeys: ['hash', 'none'] })] },
  }
  const spec = {
    affinity,
    topologySpreadConstraints: [term({ matchLabelKeys: ['hash'] }), { matchLabelKeys: ['hash'] }],
  }
  const pod = { metadata: { name: 'p', labels: { hash: '1' } }, spec } as unknown as KubeObject

  applyLabelKeys(pod)

  const selector = (operator: string) => ({
    matchLabels: { app: 'a' },
    matchExpressions: [{ key: 'hash', operator, values: ['1'] }],
  })
  const [preferred] = affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution
  const [required] = affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution
  expect(preferred?.podAffinityTerm.labelSelector).toEqual(selector('NotIn'))
  expect(required?.labelSelector).toEqual(selector('In'))
  expect(spec.topologySpreadConstraints).toEqual([
    { ...term({ matchLabelKeys: ['hash'] }), labelSelector: selector('In') },
    { matchLabelKeys: ['hash'] },
  ])
})

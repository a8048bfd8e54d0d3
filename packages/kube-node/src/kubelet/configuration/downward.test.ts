import { expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { fieldText, type PodPlace, resourceText } from './downward.ts'

const place: PodPlace = { nodeName: 'node', hostIP: '10.0.0.1', podIP: '10.88.0.1', resources: { cpu: '2' } }

it('lists labels in the order of their keys', () => {
  const labels = { 'a.b': '3', 'a-b': '2', a: '1"' }
  const metadata = { name: 'p', labels }
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } }

  expect(fieldText(pod, 'metadata.labels', place)).toBe('a="1\\""\na-b="2"\na.b="3"')
})

it.each([
  [{ limits: { cpu: '4001m' } }, 'limits.cpu', '1m', '4001'],
  [{ limits: { cpu: '4001m' } }, 'limits.cpu', '1', '5'],
  [{ limits: { cpu: '4001m' } }, 'limits.cpu', '0', '5'],
  [{ requests: { memory: '64Mi' } }, 'requests.memory', '1Mi', '64'],
  [{ requests: { memory: '65M' } }, 'requests.memory', '1Mi', '62'],
  [{}, 'limits.cpu', '1m', '2000'],
  [{}, 'requests.cpu', '1m', '0'],
])('of %j %s is by %s %s', (resources, resource, divisor, expected) => {
  const container = { name: 'c', image: 'i', resources }
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } }

  expect(resourceText(pod, { resource, divisor }, { container, place })).toBe(expected)
})

import { expect, it } from 'vitest'
import { qosClass } from './pod-qos.ts'

const both = (cpu: string, memory: string) => ({ cpu, memory })

it.each<[string, string, object[], object]>([
  ['BestEffort', 'asks for nothing', [{}], {}],
  [
    'BestEffort',
    'asks for nothing that counts',
    [{ requests: both('0', '0'), limits: { 'example.com/gpu': '1' } }],
    {},
  ],
  ['Burstable', 'asks for less than its limit', [{ requests: both('1', '1Gi'), limits: both('2', '1Gi') }], {}],
  ['Burstable', 'has one container without limits', [{ limits: both('1', '1Gi'), requests: both('1', '1Gi') }, {}], {}],
  ['Guaranteed', 'gets all that it may use', [{ requests: both('1', '1Gi'), limits: both('1000m', '1024Mi') }], {}],
  [
    'Guaranteed',
    'gets all that it may use as a whole',
    [{}],
    { resources: { requests: both('1', '1Gi'), limits: both('1', '1Gi') } },
  ],
])('%s is a pod that %s', (expected, _what, resources, extra) => {
  const containers = resources.map((one, index) => ({ name: `c${index}`, resources: one }))

  expect(qosClass({ containers, ...extra })).toBe(expected)
})

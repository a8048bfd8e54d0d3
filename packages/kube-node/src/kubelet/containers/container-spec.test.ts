import { expect, it } from 'vitest'
import { engineResources } from './container-spec.ts'

/** As MilliCPUToShares and MilliCPUToQuota of the kubelet have it. */
it.each([
  [{}, { cpuShares: 2 }],
  [{ requests: { cpu: '0' } }, { cpuShares: 2 }],
  [
    { requests: { cpu: '1m' }, limits: { cpu: '5m' } },
    { cpuShares: 2, cpuLimit: 0.01 },
  ],
  [{ requests: { cpu: '22m' } }, { cpuShares: 22 }],
  [
    { requests: { cpu: '250m' }, limits: { cpu: '1.5', memory: '1Gi' } },
    { cpuShares: 256, cpuLimit: 1.5, memoryLimit: 2 ** 30 },
  ],
  [{ limits: { cpu: '2' } }, { cpuShares: 2048, cpuLimit: 2 }],
])('%j is %j for the engine', (resources, expected) => {
  expect(engineResources(resources)).toEqual(expected)
})

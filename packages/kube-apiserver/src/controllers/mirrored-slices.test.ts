import type { KubeObject } from '@slipway/kube-objects'
import { expect, it } from 'vitest'
import { mirroredSlices } from './mirrored-slices.ts'

const http = { name: 'http', port: 80, protocol: 'TCP' }
const dns = { name: 'dns', port: 53, protocol: 'UDP' }

function slicesOf(subsets: object[], annotations?: Record<string, string>): KubeObject[] {
  const metadata = { name: 'e', uid: 'u', labels: { app: 'x' }, ...(annotations && { annotations }) }
  return mirroredSlices({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets })
}

const summary = (slices: KubeObject[]) =>
  slices.map(({ addressType, ports, endpoints }) => [
    addressType,
    (ports as { port: number }[]).map(({ port }) => port),
    (endpoints as { addresses: string[]; conditions: { ready: boolean } }[]).map(
      ({ addresses, conditions }) => `${addresses}${conditions.ready ? '' : ' not ready'}`,
    ),
  ])

it('carries labels and annotations of the Endpoints, but for those that are about itself', () => {
  const [slice] = slicesOf([{ addresses: [{ ip: '10.0.0.1' }], ports: [http] }], {
    team: 'a',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
    'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
  })

  expect(slice?.metadata).toMatchObject({
    name: expect.stringMatching(/^e-[0-9a-f]{5}$/),
    generateName: 'e-',
    labels: { app: 'x', 'kubernetes.io/service-name': 'e' },
    annotations: { team: 'a' },
  })
})

it.each([
  ['nothing is reached', [{ ports: [http] }], []],
  [
    'addresses are of two kinds',
    [{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [http] }],
    [
      ['IPv4', [80], ['10.0.0.1']],
      ['IPv6', [80], ['fd00::1']],
    ],
  ],
  [
    'two subsets have the same ports',
    [
      { addresses: [{ ip: '10.0.0.1' }], ports: [http] },
      { addresses: [{ ip: '10.0.0.2' }], ports: [http] },
    ],
    [['IPv4', [80], ['10.0.0.1', '10.0.0.2']]],
  ],
  [
    'two subsets have the same addresses',
    [
      { addresses: [{ ip: '10.0.0.1' }], ports: [http] },
      { addresses: [{ ip: '10.0.0.1' }], ports: [dns] },
    ],
    [['IPv4', [80, 53], ['10.0.0.1']]],
  ],
  [
    'an address is ready and is not',
    [{ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [http] }],
    [['IPv4', [80], ['10.0.0.1 not ready']]],
  ],
  ['there are no ports', [{ addresses: [{ ip: '10.0.0.1' }] }], [['IPv4', [], ['10.0.0.1']]]],
])('makes a slice for each set of ports and kind of address, where %s', (_, subsets, expected) => {
  expect(summary(slicesOf(subsets))).toEqual(expected)
})

it('has a thousand endpoints at most', () => {
  const addresses = Array.from({ length: 1001 }, (_, index) => ({ ip: `10.0.${index >> 8}.${index & 255}` }))
  expect(slicesOf([{ addresses, ports: [http] }])[0]?.endpoints).toHaveLength(1000)
})

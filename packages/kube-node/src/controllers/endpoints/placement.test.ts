import { describe, expect, it } from 'vitest'
import type { Endpoint, EndpointSlice } from '../../model/service.ts'
import { place } from './placement.ts'

const HTTP = [{ name: 'http', port: 80 }]
const endpoint = (number: number, ready = true): Endpoint => ({
  addresses: [`10.0.${number >> 8}.${number & 255}`],
  conditions: { ready },
  targetRef: { kind: 'Pod', name: `p${number}`, uid: `u${number}` },
})
const range = (from: number, to: number): Endpoint[] =>
  Array.from({ length: to - from }, (_, index) => endpoint(from + index))
const slice = (name: string, endpoints: Endpoint[], ports = HTTP): EndpointSlice => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
  ...{ metadata: { name }, ports, endpoints },
})
const sizes = (groups: EndpointSlice[], slices: EndpointSlice[]): string[] => {
  const { placed, left } = place(groups, slices)
  return [
    ...placed.map(({ current, wanted }) => `${current?.metadata.name ?? 'new'} ${wanted.endpoints?.length}`),
    ...left.map(({ metadata }) => `${metadata.name} goes`),
  ]
}

describe('endpoints', () => {
  it.each<[string, Endpoint[], [string, Endpoint[]][], string[]]>([
    ['come in slices of a hundred', range(0, 250), [], ['new 100', 'new 100', 'new 50']],
    [
      'fill the slice in which they fit best',
      range(0, 195),
      [
        ['a', range(0, 90)],
        ['b', range(90, 185)],
      ],
      ['a 100', 'b 95'],
    ],
    [
      'go where one has left',
      [...range(1, 90), ...range(100, 105)],
      [
        ['a', range(0, 90)],
        ['b', []],
      ],
      ['a 94', 'b goes'],
    ],
    [
      'get a slice of their own rather than change several',
      range(0, 220),
      [
        ['a', range(0, 90)],
        ['b', range(90, 180)],
      ],
      ['a 90', 'b 90', 'new 40'],
    ],
    [
      'that are all gone leave nothing',
      range(0, 5),
      [
        ['a', range(0, 5)],
        ['b', range(50, 60)],
      ],
      ['a 5', 'b goes'],
    ],
    [
      'are in one place though two slices have them',
      range(0, 5),
      [
        ['a', range(0, 5)],
        ['b', range(0, 5)],
      ],
      ['a 5', 'b goes'],
    ],
  ])('%s', (_name, wanted, slices, expected) => {
    expect(
      sizes(
        [slice('', wanted)],
        slices.map(([name, endpoints]) => slice(name, endpoints)),
      ),
    ).toEqual(expected)
  })

  it('stay where they are when there are more, and say what is new of them', () => {
    const slices = [slice('a', range(0, 100)), slice('b', range(100, 150))]
    const wanted = [endpoint(500), ...range(0, 149), endpoint(149, false)]

    const { placed } = place([slice('', wanted)], slices)

    expect(placed.map(({ wanted: { endpoints } }) => endpoints)).toEqual([
      range(0, 100),
      [...range(100, 149), endpoint(149, false), endpoint(500)],
    ])
  })

  it('of other ports take slices that are left over before there are new ones', () => {
    const other = [{ name: 'http', port: 90 }]
    const groups = [slice('', range(0, 5)), slice('', range(5, 9), other)]

    expect(sizes(groups, [slice('a', range(0, 5)), slice('b', range(5, 9), [{ name: 'x', port: 1 }])])).toEqual([
      'a 5',
      'b 4',
    ])
  })

  it('that there are none of have one empty slice', () => {
    const none = { ...slice('', []), endpoints: null, ports: null }

    expect(sizes([none], [slice('a', range(0, 5)), slice('b', range(5, 9))])).toEqual(['a undefined', 'b goes'])
  })
})

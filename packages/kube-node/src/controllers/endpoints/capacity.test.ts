import { describe, expect, it } from 'vitest'
import { withinCapacity } from './capacity.ts'

const addresses = (count: number): object[] => Array.from({ length: count }, (_, ip) => ({ ip }))

function counts(...sizes: [ready: number, waiting: number][]) {
  const { subsets, isTruncated } = withinCapacity(
    sizes.map(([ready, waiting]) => ({ addresses: addresses(ready), notReadyAddresses: addresses(waiting) })),
  )
  const kept = subsets.map((subset) => [subset.addresses?.length ?? 0, subset.notReadyAddresses?.length ?? 0])
  return { kept, isTruncated }
}

describe('the addresses of Endpoints', () => {
  it('are all there up to a thousand', () => {
    expect(counts([600, 400])).toEqual({ kept: [[600, 400]], isTruncated: false })
  })

  it('that are not ready go first', () => {
    expect(counts([600, 401])).toEqual({ kept: [[600, 400]], isTruncated: true })
    expect(counts([1000, 5])).toEqual({ kept: [[1000, 0]], isTruncated: true })
  })

  it('leave no subset behind that has none', () => {
    const ports = [{ port: 80 }]
    const subsets = [
      { addresses: addresses(1000), ports },
      { notReadyAddresses: addresses(1), ports: [{ port: 81 }] },
    ]

    expect(withinCapacity(subsets)).toEqual({ subsets: subsets.slice(0, 1), isTruncated: true })
  })

  it('are taken of each subset by its share', () => {
    expect(counts([1500, 7], [500, 0])).toEqual({
      kept: [
        [750, 0],
        [250, 0],
      ],
      isTruncated: true,
    })
    expect(counts([500, 900], [400, 100])).toEqual({
      kept: [
        [500, 90],
        [400, 10],
      ],
      isTruncated: true,
    })
    expect(counts([667, 0], [667, 0], [667, 0]).kept).toEqual([
      [334, 0],
      [334, 0],
      [332, 0],
    ])
  })
})

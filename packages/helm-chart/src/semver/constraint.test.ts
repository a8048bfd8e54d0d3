import { describe, expect, it } from 'vitest'
import { isInRange, parseConstraint } from './constraint.ts'
import { compareVersions, parseVersion } from './version.ts'

describe('constraints', () => {
  it.each([
    ['>=1.21-0', '1.31.0', true],
    ['>=1.21-0', 'v1.31.0-gke.100', true],
    ['>=1.21', '1.31.0-rc.1', false],
    ['!=1.5', '1.4.0', true],
    ['!=1.5', '1.5.3', false],
    ['^1.2', '1.9.0', true],
    ['^0.2.3', '0.3.0', false],
    ['~1.2.3', '1.2.9', true],
    ['~1.2.3', '1.3.0', false],
    ['1.x', '1.44.0', true],
    ['*', '4.0.0', true],
    ['1.2 - 1.4', '1.3.9', true],
    ['>1', '1.9.0', false],
    ['<2 || >=3.1, <4', '3.2.0', true],
    ['158.0.0', '158.0.0', true],
    ['', '1.0.0', false],
    ['not a range', '1.0.0', false],
    ['  >= 1.2 ,  < 2   !=1.5  ', '1.4.0', true],
    ['a1 - 2', '1.4.0', false],
    ['1.2\u00a0- 1.4', '1.3.9', false],
    ['>=1.0.0-99999999999999999999', '1.0.0-100000000000000000000', false],
    ['>=1.0.0-99', '1.0.0-100', true],
  ])('%s holds for %s: %s', (constraint, version, expected) => {
    expect(isInRange(constraint, version)).toBe(expected)
  })

  it('says which constraint it cannot read', () => {
    expect(() => parseConstraint('>>1')).toThrow('improper constraint: >>1')
  })

  it.each([
    `${'1          '.repeat(50)}!`,
    ' '.repeat(500_000),
    '1'.repeat(500_000),
    `1 - ${' '.repeat(500_000)}`,
    `1.2.3-${'a.'.repeat(200_000)}`,
    `${'1 '.repeat(200_000)}- `,
  ])('reads in linear time what is none', (text) => {
    expect(() => parseConstraint(text)).toThrow(/constraint/)
  }, 5_000)
})

describe('versions', () => {
  it('orders by precedence, prereleases first and numbers by value', () => {
    const sorted = ['1.0.0', '1.0.0-rc.10', '1.0.0-rc.2', '0.9.9', '1.0.0-alpha']
      .map(parseVersion)
      .sort(compareVersions)

    expect(sorted.map((version) => version.original)).toEqual([
      '0.9.9',
      '1.0.0-alpha',
      '1.0.0-rc.2',
      '1.0.0-rc.10',
      '1.0.0',
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { clusterAddresses } from './cluster-network.ts'

describe('clusterAddresses', () => {
  it.each([
    ['10.96.0.0/16', { dns: '10.96.0.10', node: '10.96.255.254' }],
    ['10.64.4.0/22', { dns: '10.64.4.10', node: '10.64.7.254' }],
    ['10.0.0.0/24', { dns: '10.0.0.10', node: '10.0.0.254' }],
  ])('of %s', (cidr, expected) => {
    expect(clusterAddresses(cidr)).toEqual(expected)
  })
})

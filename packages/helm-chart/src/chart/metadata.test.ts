import { describe, expect, it } from 'vitest'
import { parseMetadata } from './metadata.ts'

describe('parseMetadata', () => {
  it.each([
    ['version: 72445e2', '7.2445e+06'],
    ['version: 1.10', '1.1'],
    ['version: 1234567', '1234567'],
    ['version: 1.0', '1'],
    ['version: 0x10', '16'],
    ['version: 12345678901234567890', '12345678901234567890'],
    ['version: true', 'true'],
  ])('reads %s into a text field as sigs.k8s.io/yaml does', (text, version) => {
    expect(parseMetadata(text, 'Chart.yaml').version).toBe(version)
  })
})

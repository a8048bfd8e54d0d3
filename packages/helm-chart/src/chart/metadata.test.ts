import { describe, expect, it } from 'vitest'
import { parseLock, parseMetadata, validateMetadata } from './metadata.ts'

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

describe('validateMetadata', () => {
  it('refuses dependencies of one name, except where they may share it', () => {
    const metadata = { apiVersion: 'v2', name: 'a', version: '1.0.0', dependencies: [{ name: 'q' }, { name: 'q' }] }

    expect(() => validateMetadata(metadata)).toThrow('validation: more than one dependency with name or alias "q"')
    expect(validateMetadata(metadata, { sharedNames: true }).dependencies).toHaveLength(2)
  })
})

describe('parseLock', () => {
  it.each(['', '\n', '# nothing\n', 'null\n'])('takes %j for no lock file', (text) => {
    expect(parseLock(text, 'Chart.lock')).toBeUndefined()
  })

  it('reads an empty one', () => {
    expect(parseLock('{}', 'Chart.lock')).toMatchObject({ digest: '', dependencies: [] })
  })
})

import { describe, expect, it } from 'vitest'
import {
  addEntry,
  mergeIndexes,
  parseIndex,
  type RepositoryIndex,
  removeEntry,
  resolveVersion,
  writeIndex,
} from './index-file.ts'

const entry = (version: string, url = `appawebapi-${version}.tgz`) => ({
  metadata: { apiVersion: 'v1', name: 'appawebapi', version },
  urls: [url],
  created: '2026-01-01T00:00:00Z',
  digest: 'abc',
})
const empty: RepositoryIndex = { entries: {} }
const index = ['158.0.0', '160.0.0', '9.0.0', '161.0.0-rc.1'].map((version) => entry(version)).reduce(addEntry, empty)
const versions = (from: RepositoryIndex) => from.entries.appawebapi?.map(({ metadata }) => metadata.version)

describe('repository index', () => {
  it('lists the newest version first', () => {
    expect(versions(index)).toEqual(['161.0.0-rc.1', '160.0.0', '158.0.0', '9.0.0'])
  })

  it.each([
    ['', '160.0.0'],
    ['158.0.0', '158.0.0'],
    ['<160', '158.0.0'],
    ['>=161-0', '161.0.0-rc.1'],
    ['~5', undefined],
  ])('resolves %j to %s', (wanted, version) => {
    expect(resolveVersion(index, 'appawebapi', wanted)?.metadata.version).toBe(version)
  })

  it('is read back as it was written', () => {
    const text = writeIndex(index, '2026-01-01T00:00:00Z')

    expect(text.startsWith('apiVersion: v1\nentries:\n  appawebapi:\n  - apiVersion: v1\n    created: ')).toBe(true)
    expect(parseIndex(text)).toMatchObject({ entries: index.entries })
  })

  it('is written with a time of each entry, as Helm writes it', () => {
    const { created: _, ...timeless } = entry('1.0.0')

    expect(writeIndex(addEntry(empty, timeless), '2026-01-01T00:00:00Z')).toContain('created: "0001-01-01T00:00:00Z"')
  })

  it('keeps what is there when another is merged in', () => {
    const other = [entry('158.0.0', 'other.tgz'), entry('1.0.0')].reduce(addEntry, empty)
    const merged = mergeIndexes(index, other)

    expect(versions(merged)).toContain('1.0.0')
    expect(resolveVersion(merged, 'appawebapi', '158.0.0')?.urls).toEqual(['appawebapi-158.0.0.tgz'])
  })

  it('loses a version, or the chart with its last one', () => {
    expect(versions(removeEntry(index, 'appawebapi', '9.0.0'))).not.toContain('9.0.0')
    expect(removeEntry(index, 'appawebapi').entries).toEqual({})
  })

  it('leaves out entries that are no charts', () => {
    const text =
      'apiVersion: v1\nentries:\n  a:\n  - null\n  - {name: a, version: nonsense}\n  - {name: a, version: 1.0.0, urls: [x]}\n'

    const told: string[] = []
    const index = parseIndex(text, 'https://charts', ({ message }) => told.push(message))

    expect(index.entries.a).toHaveLength(1)
    expect(told).toEqual([
      'skipping loading invalid entry for chart "a" from https://charts: empty entry',
      'skipping loading invalid entry for chart "a" "nonsense" from https://charts: validation: chart.metadata.version "nonsense" is invalid',
    ])
  })

  it('keeps entries whose dependencies share a name', () => {
    const text =
      'apiVersion: v1\nentries:\n  a:\n  - {name: a, version: 1.0.0, urls: [x], dependencies: [{name: q}, {name: q}]}\n'

    expect(parseIndex(text).entries.a).toHaveLength(1)
  })

  it('takes a number for its version, as Helm does', () => {
    expect(parseIndex('apiVersion: 1\nentries: {}\n').entries).toEqual({})
  })

  it('refuses what is no index', () => {
    expect(() => parseIndex('')).toThrow('empty index.yaml file')
    expect(() => parseIndex('a: b')).toThrow('no API version specified')
    expect(() => parseIndex('\n')).toThrow('no API version specified')
    expect(() => parseIndex('apiVersion: ""')).toThrow('no API version specified')
    expect(() => parseIndex('not found')).toThrow('json: cannot unmarshal string into Go value of type repo.IndexFile')
  })
})

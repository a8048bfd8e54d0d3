import { describe, expect, it } from 'vitest'
import { parseIndex, resolveVersion, writeIndex } from './index-file.ts'
import { parseIndexPart } from './index-part.ts'

const text = `apiVersion: v1
entries:
  app:
  - apiVersion: v2
    description: |
      what follows is text:
      other:
      - not a chart
    name: app
    urls: [app-1.0.0.tgz]
    version: 1.0.0

  # between two charts
  - apiVersion: v2
    description: 'lines
      that go on'
    name: app
    urls: [app-1.1.0.tgz]
    version: 1.1.0
  app-b:
  - name: app-b
    urls: [app-b-2.0.0.tgz]
    version: 2.0.0
generated: "2026-01-01T00:00:00Z"
`

describe('the part of an index that is about one chart', () => {
  it.each(['app', 'app-b', 'none', 'other'])('says of %s what the whole says', (chart) => {
    expect(parseIndexPart(text, chart).entries[chart]).toEqual(parseIndex(text).entries[chart])
  })

  it('is read alone: faults elsewhere are not found, nor are other charts', () => {
    const broken = text.replace('- name: app-b', '- name: [app-b')

    expect(() => parseIndex(broken)).toThrow('cannot read the repository index')
    expect(Object.keys(parseIndexPart(broken, 'app').entries)).toEqual(['app'])
  })

  it.each([
    ['lists that are indented', text.replaceAll(/^ {2}(?= )/gm, '    ').replaceAll(/^ {2}- /gm, '    - ')],
    ['JSON', JSON.stringify({ apiVersion: 'v1', entries: { app: [{ name: 'app', version: '1.1.0', urls: ['u'] }] } })],
    ['names in quotes', text.replace('  app:', '  "app":')],
    [
      'an anchor of another chart',
      text.replace('urls: [app-1.1.0.tgz]', 'urls: &u [u]').replace('[app-b-2.0.0.tgz]', '*u'),
    ],
    ['lines that end as on Windows', text.replaceAll('\n', '\r\n')],
  ])('is found in an index with %s', (_what, index) => {
    for (const chart of ['app', 'app-b']) {
      expect(parseIndexPart(index, chart).entries[chart]).toEqual(parseIndex(index).entries[chart])
    }
    expect(resolveVersion(parseIndexPart(index, 'app'), 'app')?.metadata.version).toBe('1.1.0')
  })

  it('is found in what is written here', () => {
    const written = writeIndex(parseIndex(text), '2026-01-01T00:00:00Z')

    expect(parseIndexPart(written, 'app-b').entries).toEqual({ 'app-b': parseIndex(written).entries['app-b'] })
  })
})

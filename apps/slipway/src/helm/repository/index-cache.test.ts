import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { helmSettings } from '../settings.ts'
import { cachedIndex } from './index-cache.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-index-'))
const settings = { ...helmSettings({ debug: false }, {}), repositoryCache: folder }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cached(text: string) {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  writeFileSync(join(folder, 'r-index.yaml'), text)
  try {
    return { index: cachedIndex('r', settings), told: told.mock.calls.map(([line]) => line) }
  } finally {
    told.mockRestore()
  }
}

describe('the cached index of a repository', () => {
  it('is read with a warning of what is left out', () => {
    const { index, told } = cached('apiVersion: v1\nentries: {a: [null, {name: a, version: 1.0.0, urls: [x]}]}\n')

    expect(index.entries.a).toHaveLength(1)
    expect(told).toEqual([
      `level=WARN msg="skipping loading invalid entry for chart \\"a\\" from ${folder}/r-index.yaml: empty entry"\n`,
    ])
  })

  it.each([
    ['not found', 'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string'],
    ['a: [', 'error converting YAML to JSON: yaml: line 1: did not find expected node content'],
    ['{}', 'no API version specified'],
  ])('that is none (%s) is refused in the words of Helm', (text, problem) => {
    expect(() => cached(text)).toThrow(new RegExp(`^${problem}`))
  })
})

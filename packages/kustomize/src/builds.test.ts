import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildText, type Tree, toldOf } from './index.ts'

/** Files, and what `kubectl kustomize` 1.34 printed for them in the folder /w, or its error behind `error: `. */
interface Case {
  name: string
  files: Record<string, string>
  dir?: string
  text?: string
  error?: string
}

const cases = JSON.parse(readFileSync(new URL('testdata/builds.json', import.meta.url), 'utf8')) as Case[]

function treeOf(files: Record<string, string>): Tree {
  const inRoot = Object.fromEntries(Object.entries(files).map(([path, text]) => [`w/${path}`, text]))
  return {
    root: '/',
    files: (path) => inRoot[path],
    list: (dir) => Object.keys(inRoot).filter((path) => path.startsWith(`${dir}/`)),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  }
}

function built({ files, dir = '' }: Case): Pick<Case, 'text' | 'error'> {
  try {
    return { text: buildText(treeOf(files), dir ? `w/${dir}` : 'w', { loadRestrictor: 'rootOnly' }) }
  } catch (error) {
    return { error: toldOf(error).trimEnd() }
  }
}

describe('buildText', () => {
  it.each(cases.map((item) => [item.name, item] as const))('builds as kubectl: %s', (_name, item) => {
    const { text, error } = item

    expect(built(item)).toEqual({ ...(text !== undefined && { text }), ...(error !== undefined && { error }) })
  })
})

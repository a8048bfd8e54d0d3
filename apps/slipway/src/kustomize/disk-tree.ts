import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import type { Tree } from '@slipway/kustomize'

/** The disk of this machine, whose paths begin with `/`. What was read once is not read again. */
export function diskTree(): Tree {
  const files = new Map<string, string | Uint8Array | undefined>()
  const links = new Map<string, string | undefined>()
  return {
    root: '/',
    files: (path) => remembered(files, path, () => contentOf(`/${path}`)),
    // A folder that is empty holds itself, so that it can be told from none.
    list: (dir) => attempt(() => ['.', ...readdirSync(`/${dir}`)]) ?? [],
    resolve: (path) => remembered(links, path, () => attempt(() => realpathSync(`/${path}`).slice(1))),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  }
}

function remembered<T>(known: Map<string, T>, path: string, read: () => T): T {
  if (!known.has(path)) known.set(path, read())
  return known.get(path) as T
}

/** Text where it is UTF-8; undefined for what is no file. */
function contentOf(path: string): string | Uint8Array | undefined {
  const bytes = attempt(() => readFileSync(path))
  if (!bytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return new Uint8Array(bytes)
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

import type { Readable } from 'node:stream'
import { BugError } from '@slipway/errors'

/** One file of a commit's tree. Paths are from the root, with `/`. */
export interface TreeEntry {
  path: string
  kind: 'file' | 'executable' | 'symlink' | 'submodule'
  id: string
  /** Bytes; 0 for submodules. */
  size: number
}

const KINDS: Record<string, TreeEntry['kind']> = {
  '100644': 'file',
  '100664': 'file',
  '100755': 'executable',
  '120000': 'symlink',
  '160000': 'submodule',
}

/** The output of `git ls-tree -r -z --long`: `mode type id size<TAB>path<NUL>`. */
export function parseTree(output: string): TreeEntry[] {
  return output
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf('\t')
      const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/)
      const kind = KINDS[mode]
      if (!kind) throw new BugError('GIT_TREE_INVALID', `git ls-tree printed the mode ${mode}`)
      return { path: line.slice(tab + 1), kind, id, size: Number(size) || 0 }
    })
}

/** The contents in the output of `git cat-file --batch`, in order: `id type size<LF>content<LF>`. */
export async function* readBatch(output: Readable): AsyncGenerator<Buffer> {
  let buffer: Buffer = Buffer.alloc(0)
  let wanted: number | undefined
  let parts: Buffer[] = []
  let have = 0
  for await (const chunk of output as AsyncIterable<Buffer>) {
    parts.push(chunk)
    have += chunk.length
    // Joined only when a whole object is there, so that a large one is not copied once per chunk.
    if (wanted !== undefined && have < wanted) continue
    buffer = parts.length === 1 ? chunk : Buffer.concat(parts)
    for (;;) {
      const end = buffer.indexOf(0x0a)
      if (end < 0) {
        wanted = undefined
        break
      }
      const header = buffer.toString('latin1', 0, end)
      const size = Number(/^\S+ \S+ (\d+)$/.exec(header)?.[1] ?? Number.NaN)
      if (Number.isNaN(size)) throw new BugError('GIT_OBJECT_MISSING', `git cat-file: ${header}`)
      wanted = end + 1 + size + 1
      if (buffer.length < wanted) break
      yield buffer.subarray(end + 1, end + 1 + size)
      buffer = buffer.subarray(wanted)
    }
    parts = [buffer]
    have = buffer.length
  }
}

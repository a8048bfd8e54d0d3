import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { UserError } from '@slipway/errors'

/** A ref that stands for another. */
const SYMBOLIC = /^ref: /
const LINE = /^([0-9a-f]{40}|[0-9a-f]{64})(?: (refs\/.+))?$/

/**
 * Every ref of a bare repository and its object, read from git's files: a process would cost many times more. In order of name.
 * Throws UserError GIT_REF_DAMAGED for a file that holds no ref: it must not be taken for one that was deleted.
 */
export async function readRefs(repository: string): Promise<Map<string, string>> {
  // In this order: git adds a ref to the packed ones before it takes its file away.
  const loose = await readLooseRefs(repository)
  const packed = await readPackedRefs(repository)
  return new Map([...packed, ...loose].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function readLooseRefs(repository: string): Promise<[string, string][]> {
  const entries = await readdir(join(repository, 'refs'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))
  const refs = await Promise.all(
    files.map(async ({ parentPath, name }): Promise<[string, string][]> => {
      const file = join(parentPath, name)
      const text = await readFile(file, 'latin1').catch(orGone)
      if (text === undefined || SYMBOLIC.test(text)) return []
      const id = LINE.exec(text.trimEnd())?.[1]
      if (id === undefined) throw damagedRef(file)
      return [[relative(repository, file).split(sep).join('/'), id]]
    }),
  )
  return refs.flat()
}

/** `packed-refs`: `id name` per ref; other lines are the header and what annotated tags point to. */
async function readPackedRefs(repository: string): Promise<[string, string][]> {
  const text = (await readFile(join(repository, 'packed-refs'), 'utf8').catch(orGone)) ?? ''
  return text.split('\n').flatMap((line): [string, string][] => {
    const [, id, name] = LINE.exec(line) ?? []
    return id !== undefined && name !== undefined ? [[name, id]] : []
  })
}

/** Gone meanwhile: deleted, or packed. What can't be read for another reason must not be taken for a ref that was deleted. */
function orGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return undefined
  throw error
}

function damagedRef(file: string): UserError {
  return new UserError('GIT_REF_DAMAGED', `${file} holds no commit`, {
    hint: 'write its commit into it, which the same file below logs/ names in its last line, or remove it and push the branch again',
  })
}

import { UserError } from '@slipway/errors'
import type { TreeItem } from './git-objects.ts'
import type { ObjectStore } from './object-store.ts'

/** One file of a commit's tree. Paths are from the root, with `/`. */
export interface TreeEntry {
  path: string
  kind: 'file' | 'executable' | 'symlink' | 'submodule'
  id: string
  /** Bytes; 0 for submodules. */
  size: number
}

/** Trees may name the same subtree many times over: a few of them can stand for more files than there is memory. */
const MAX_ENTRIES = 200_000
/** Characters of all paths: deep folders make them long, and whoever works on paths works on their parts. */
const MAX_PATHS = 16 * 1024 ** 2

/** Every file below a tree, in git's order. Throws UserError GIT_TREE_TOO_LARGE. */
export function listTree(store: ObjectStore, tree: string): Promise<TreeEntry[]> {
  let count = 0
  let length = 0
  const list = async (id: string, folder: string): Promise<TreeEntry[]> => {
    const items = await store.tree(id)
    count += items.length
    if (count > MAX_ENTRIES) {
      throw new UserError('GIT_TREE_TOO_LARGE', `the tree ${tree} has more than ${MAX_ENTRIES} files and folders`)
    }
    const parts = await Promise.all(
      items.map(async ({ name, kind, id }): Promise<TreeEntry[]> => {
        const path = `${folder}${name}`
        length += path.length
        if (length > MAX_PATHS) {
          throw new UserError(
            'GIT_TREE_TOO_LARGE',
            `the paths of the tree ${tree} are longer than ${MAX_PATHS} characters`,
          )
        }
        if (kind === 'tree') return list(id, `${path}/`)
        return [{ path, kind, id, size: kind === 'submodule' ? 0 : await store.size(id) }]
      }),
    )
    return parts.flat()
  }
  return list(tree, '')
}

/** The id of the file at a path; undefined when there is none. */
export async function findFile(store: ObjectStore, tree: string, path: string): Promise<string | undefined> {
  let found: Pick<TreeItem, 'kind' | 'id'> | undefined = { kind: 'tree', id: tree }
  for (const part of path.split('/')) {
    if (found?.kind !== 'tree') return undefined
    found = (await store.tree(found.id)).find(({ name }) => name === part)
  }
  return found && found.kind !== 'tree' && found.kind !== 'submodule' ? found.id : undefined
}

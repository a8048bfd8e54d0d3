import { hasKustomization } from '@slipway/kustomize'
import type { Files } from '../artifact/artifact.ts'

/** One input that stands or falls alone. */
export interface Unit {
  kind: 'kustomization' | 'file'
  /** A folder (empty for the root) or a file. */
  path: string
}

const YAML = /\.ya?ml$/

/** Names in each folder of a tree. */
export function foldersOf(files: Files): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>([['', new Set()]])
  for (const file of files.keys()) {
    // From the file upwards, to the first folder that has been seen: deep folders hold many files.
    for (let path = file, isKnown = false; path && !isKnown; ) {
      const slash = path.lastIndexOf('/')
      const folder = slash < 0 ? '' : path.slice(0, slash)
      const names = folders.get(folder) ?? new Set()
      isKnown = names.size > 0
      folders.set(folder, names.add(path.slice(slash + 1)))
      path = folder
    }
  }
  return folders
}

/**
 * The inputs below a folder, in order of their paths: a folder with a kustomization file as a whole, any other YAML file alone.
 * Charts (their templates are no YAML) and dot-folders are passed over.
 */
export function unitsOf(folders: ReadonlyMap<string, ReadonlySet<string>>, folder: string): Unit[] {
  const names = [...(folders.get(folder) ?? [])].toSorted()
  if (hasKustomization(names)) return [{ kind: 'kustomization', path: folder }]
  if (names.includes('Chart.yaml')) return []
  return names.flatMap((name): Unit[] => {
    const path = folder ? `${folder}/${name}` : name
    if (name.startsWith('.')) return []
    if (folders.has(path)) return unitsOf(folders, path)
    return YAML.test(name) ? [{ kind: 'file', path }] : []
  })
}

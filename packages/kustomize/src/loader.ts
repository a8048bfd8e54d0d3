import { KustomizeError, prefixed } from './fault.ts'
import { resolvePath, type Tree, textOfFile } from './tree.ts'

/** What kustomize takes for the address of a repository (api/internal/git, NewRepoSpecFromURL). */
const REPOSITORY = /^(git::)?((https?|ssh|git|file):\/\/|[\w-]+@[^/:]+[:/]|gh:|github\.com[:/])/i

export interface LoadedFile {
  readonly path: string
  readonly content: string | Uint8Array
}

/** Reads what one kustomization names: files below its folder, and folders anywhere but above (api/internal/loader). */
export class Loader {
  readonly tree: Tree
  /** The folder of the kustomization. */
  readonly dir: string
  readonly #restrict: boolean
  readonly #above: readonly string[]

  constructor(tree: Tree, dir: string, restrict: boolean, above: readonly string[] = []) {
    this.tree = tree
    this.dir = dir
    this.#restrict = restrict
    this.#above = above
  }

  /** The loader of a build's own folder. */
  static at(tree: Tree, dir: string, restrict: boolean): Loader {
    return new Loader(tree, confirmFolder(tree, dir, dir), restrict)
  }

  /** A path as messages show it. */
  shown(path: string): string {
    return `${this.tree.root ?? ''}${path}` || '.'
  }

  text(name: string): string {
    return textOfFile(this.load(name).content)
  }

  load(name: string): LoadedFile {
    if (/^https?:\/\//i.test(name)) throw remote(name)
    const path = this.#path(name)
    const { tree } = this
    const found = tree.resolve ? tree.resolve(path) : path
    const content = found === undefined ? undefined : tree.files(found)
    const shown = this.shown(path)
    if (found === undefined || content === undefined) {
      const isFolder = found !== undefined && tree.list(found).length > 0
      const message = isFolder ? `"${name}" is a folder` : `"${name}" does not exist`
      if (!this.#restrict)
        throw new KustomizeError('KUSTOMIZE_INVALID', message, { told: missingFile(shown, isFolder) })
      const told = isFolder ? `'${shown}' must resolve to a file` : missing(tree, path)
      throw new KustomizeError('KUSTOMIZE_INVALID', message, { told })
    }
    if (this.#restrict && !isWithin(found, this.dir)) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `security; file '${shown}' is not in or below '${this.shown(this.dir)}'`,
      )
    }
    return { path: found, content }
  }

  /** The loader of a folder that a kustomization names. */
  folder(name: string): Loader {
    if (name === '') throw new KustomizeError('KUSTOMIZE_INVALID', 'new root cannot be empty')
    if (REPOSITORY.test(name)) throw remote(name)
    if (name.startsWith('/')) throw new KustomizeError('KUSTOMIZE_INVALID', `new root '${name}' cannot be absolute`)
    const dir = confirmFolder(this.tree, this.#path(name), name)
    for (const visited of [this.dir, ...this.#above]) {
      if (isWithin(visited, dir)) {
        throw new KustomizeError(
          'KUSTOMIZE_INVALID',
          `cycle detected: candidate root '${this.shown(dir)}' contains visited root '${this.shown(visited)}'`,
        )
      }
    }
    return new Loader(this.tree, dir, this.#restrict, [this.dir, ...this.#above])
  }

  #path(name: string): string {
    const isAbsolute = name.startsWith('/')
    const path = resolvePath(isAbsolute ? '' : this.dir, name)
    if (path === undefined || (isAbsolute && this.tree.root !== '/')) {
      throw new KustomizeError('KUSTOMIZE_INVALID', `"${name}" is outside of the repository`)
    }
    return path
  }
}

const missingFile = (shown: string, isFolder: boolean): string =>
  isFolder ? `read ${shown}: is a directory` : `open ${shown}: no such file or directory`

function remote(name: string): KustomizeError {
  return new KustomizeError('KUSTOMIZE_UNSUPPORTED', `remote resource "${name}" is not supported`)
}

function confirmFolder(tree: Tree, path: string, name: string): string {
  return prefixed('must build at directory', () => {
    const found = tree.resolve ? tree.resolve(path) : path
    if (found !== undefined && tree.files(found) !== undefined) {
      const told = `'${tree.root ?? ''}${path}': file is not directory`
      throw new KustomizeError('KUSTOMIZE_INVALID', `"${name}" is no folder`, { told })
    }
    if (found === undefined || (found !== '' && tree.list(found).length === 0)) {
      throw new KustomizeError('KUSTOMIZE_INVALID', `"${name}" does not exist`, {
        told: `not a valid directory: ${missing(tree, path)}`,
      })
    }
    return found
  })
}

/** What Go says of a path that leads nowhere: it names the first part that is not there. */
function missing(tree: Tree, path: string): string {
  const root = tree.root ?? ''
  const parts = path.split('/')
  for (let i = 1; i <= parts.length; i++) {
    const part = parts.slice(0, i).join('/')
    const found = tree.resolve ? tree.resolve(part) : part
    if (found !== undefined && i < parts.length && tree.files(found) !== undefined) {
      return `evalsymlink failure on '${root}${path}' : not a directory`
    }
    if (found === undefined || (tree.files(found) === undefined && tree.list(found).length === 0)) {
      return `evalsymlink failure on '${root}${path}' : lstat ${root}${part}: no such file or directory`
    }
  }
  return `evalsymlink failure on '${root}${path}'`
}

const isWithin = (path: string, dir: string): boolean => dir === '' || path === dir || path.startsWith(`${dir}/`)

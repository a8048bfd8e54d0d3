/** The files of a build. Paths are relative to the tree's root, with `/`, without `./` and `..`. */
export interface Tree {
  /** The content of a file; undefined when there is none. Bytes that are no UTF-8 come as Uint8Array. */
  files: (path: string) => string | Uint8Array | undefined
  /** Names in a folder; empty when there is none. */
  list: (dir: string) => string[]
  /** Lower-case hex SHA-256 of a text's UTF-8 bytes, for the names of generated objects. */
  sha256: (text: string) => string
  /** Where the links of a path lead; undefined when nowhere. Without it there are no links. */
  resolve?: (path: string) => string | undefined
  /** What stands before paths in messages, such as `/`. @default '' */
  root?: string
}

// In the order in which kustomize looks for them (konfig.RecognizedKustomizationFileNames).
export const FILE_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Whether a folder holds a kustomization file, so that it is built as a whole. */
export function hasKustomization(names: readonly string[]): boolean {
  return FILE_NAMES.some((name) => names.includes(name))
}

/** A path below (or, by `..`, beside) a folder; undefined when it leaves the tree. */
export function resolvePath(dir: string, path: string): string | undefined {
  const parts: string[] = []
  for (const part of `${dir}/${path}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** A file's text. */
export function textOfFile(content: string | Uint8Array): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content)
}

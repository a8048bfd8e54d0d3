import { createHash } from 'node:crypto'
import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { locate, parseDocuments } from '@slipway/go-yaml'
import { flattenList, isKubeObject, isObject, type KubeObject, refString } from '@slipway/kube-objects'
import { build } from '@slipway/kustomize'
import type { Files } from '../artifact/artifact.ts'
import type { Failure } from '../kustomization/kustomization-kind.ts'
import { foldersOf, type Unit, unitsOf } from './units.ts'

/** An object of the source, before namespace and labels. */
export interface RenderedObject {
  object: KubeObject
  file: string
  line: number
  /** The path of its {@link Unit}. */
  unit: string
}

export interface Rendered {
  objects: RenderedObject[]
  failures: Failure[]
  /** Paths of units with a failure: what came from them before must not be pruned. */
  brokenUnits: Set<string>
}

type UnitResult = Omit<Rendered, 'brokenUnits'>
/** What a unit's result was made from: contents of files and names in folders. */
interface Remembered {
  reads: Map<string, string | Uint8Array | undefined>
  lists: Map<string, string>
  result: UnitResult
}

/** Turns trees of files into objects. Units that read the same as last time are not worked out again. */
export class Renderer {
  #known = new Map<string, Remembered>()

  /** Every object below a folder of the tree. Throws UserError KUSTOMIZATION_PATH_NOT_FOUND. */
  render(files: Files, path: string): Rendered {
    const folders = foldersOf(files)
    const root = path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')
    if (!folders.has(root)) {
      throw new UserError(
        'KUSTOMIZATION_PATH_NOT_FOUND',
        `kustomization path not found: ${path}: no such folder in the source`,
      )
    }
    const known = new Map<string, Remembered>()
    const rendered: Rendered = { objects: [], failures: [], brokenUnits: new Set() }
    for (const unit of unitsOf(folders, root)) {
      const remembered = this.#unit(unit, files, folders)
      known.set(unit.path, remembered)
      rendered.objects.push(...remembered.result.objects)
      rendered.failures.push(...remembered.result.failures)
      if (remembered.result.failures.length > 0) rendered.brokenUnits.add(unit.path)
    }
    this.#known = known
    return rendered
  }

  #unit(unit: Unit, files: Files, folders: ReadonlyMap<string, ReadonlySet<string>>): Remembered {
    const names = (dir: string): string[] => [...(folders.get(dir) ?? [])].toSorted()
    const before = this.#known.get(unit.path)
    const same =
      before &&
      [...before.reads].every(([path, content]) => files.get(path) === content) &&
      [...before.lists].every(([dir, list]) => names(dir).join('\n') === list)
    if (same) return before
    const reads: Remembered['reads'] = new Map()
    const lists: Remembered['lists'] = new Map()
    const read = (path: string): string | Uint8Array | undefined => {
      const content = files.get(path)
      reads.set(path, content)
      return content
    }
    if (unit.kind === 'file') return { reads, lists, result: renderFile(unit.path, read(unit.path) ?? '') }
    const list = (dir: string): string[] => {
      lists.set(dir, names(dir).join('\n'))
      return names(dir)
    }
    return { reads, lists, result: renderKustomization(unit.path, { files: read, list, sha256 }) }
  }
}

function renderKustomization(dir: string, tree: Parameters<typeof build>[0]): UnitResult {
  try {
    return { objects: build(tree, dir).map((built) => ({ ...built, unit: dir })), failures: [] }
  } catch (error) {
    return { objects: [], failures: [failureOf(error, { file: dir || '.' })] }
  }
}

/** Each document of a file stands alone: one that is broken does not take the others with it. */
function renderFile(file: string, content: string | Uint8Array): UnitResult {
  if (typeof content !== 'string') return { objects: [], failures: [{ file, reason: 'not a text in UTF-8' }] }
  const result: UnitResult = { objects: [], failures: [] }
  for (const { value, error, line, text } of parseDocuments(content, { file })) {
    if (error) {
      result.failures.push(failureOf(error, { file, line }))
      continue
    }
    const nameLine = line + locate(text, 'metadata.name').line - 1
    for (const candidate of isObject(value) && Array.isArray(value.items)
      ? flattenList(value as KubeObject)
      : [value]) {
      if (isKubeObject(candidate)) {
        result.objects.push({ object: candidate, file, line: nameLine, unit: file })
      } else result.failures.push({ file, line, reason: whatLacks(candidate) })
    }
  }
  return result
}

function whatLacks(value: unknown): string {
  if (!isObject(value)) return 'is no Kubernetes object: expected a map'
  const metadata = isObject(value.metadata) ? value.metadata : {}
  const fields = { apiVersion: value.apiVersion, kind: value.kind, 'metadata.name': metadata.name }
  const faults = Object.entries(fields)
    .filter(([, field]) => typeof field !== 'string' || field === '')
    .map(([name, field]) => (field === undefined ? `${name} is missing` : `${name} must be a string: quote it`))
  return `is no Kubernetes object: ${faults.join(', ')}`
}

/** A failure from an error: its own place where it has one. */
export function failureOf(error: unknown, at: { file: string; line?: number; object?: KubeObject }): Failure {
  const place = error instanceof SlipwayError ? error.at : undefined
  const line = place?.file ? place.line : at.line
  return {
    file: place?.file ?? at.file,
    ...(line !== undefined && { line }),
    ...(at.object && { object: refString(at.object) }),
    reason: messageOf(error),
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

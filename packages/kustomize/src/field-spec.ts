import type { JsonObject } from '@slipway/kube-objects'
import { KustomizeError, prefixed } from './fault.ts'
import { describeId, isSelected, parseGroupVersion } from './identity.ts'
import type { Resource } from './resource.ts'
import { assign, emptyMap, isMap, isNull } from './values.ts'

/** Which field of which kinds: `spec/template/metadata/labels`; lists on the way are walked item by item. */
export interface FieldSpec {
  readonly path: string
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  /** Make the field, and the maps on the way to it, where they are missing. */
  readonly create?: boolean
}

export interface FieldChange {
  /** Gives the field its new value. */
  set: (value: unknown) => unknown
  /** What a field is when it is made; without it none is. */
  make?: () => unknown
}

/** Changes a field of a resource wherever its spec finds it (api/filters/fieldspec). */
export function changeField(resource: Resource, spec: FieldSpec, change: FieldChange): void {
  const { object } = resource
  if (!object || (spec.kind && spec.kind !== resource.kind)) return
  if (!isSelected({ ...parseGroupVersion(resource.apiVersion), kind: resource.kind }, spec)) return
  const path = splitPath(spec.path, '/')
  const walk = new FieldWalk(path, spec.create === true, change)
  prefixed(
    `considering field '${spec.path}' of object ${describeId(resource.id)}`,
    () => walk.into(object, 0),
    resource.source,
  )
}

class FieldWalk {
  readonly #path: readonly string[]
  readonly #create: boolean
  readonly #change: FieldChange

  constructor(path: readonly string[], create: boolean, change: FieldChange) {
    this.#path = path
    this.#create = create
    this.#change = change
  }

  /** Goes on below a node from a part of the path. */
  into(node: unknown, at: number): void {
    if (isNull(node)) return
    if (Array.isArray(node)) this.#intoList(node, at)
    else if (isMap(node)) this.#intoMap(node, at)
    else throw new KustomizeError('KUSTOMIZE_INVALID', 'expected sequence or mapping node')
  }

  #intoList(list: unknown[], at: number): void {
    prefixed(`visit traversal on path: [${this.#path.slice(at).join(' ')}]`, () => {
      for (const item of list) this.into(item, at)
    })
  }

  #intoMap(map: JsonObject, at: number): void {
    const part = this.#path[at] ?? ''
    // `[]` says that a field is a list, which is never made.
    const isList = part.endsWith('[]')
    const field = isList ? part.slice(0, -2) : part
    if (field === '') throw new KustomizeError('KUSTOMIZE_INVALID', 'cannot set or create an empty field name')
    const isLast = at === this.#path.length - 1
    const make = this.#create && !isList && this.#change.make ? (isLast ? this.#change.make : emptyMap) : undefined
    if (make && isNull(map[field])) map[field] = make()
    else if (isList && field in map && isNull(map[field])) map[field] = []
    if (!(field in map)) return
    if (isLast) assign(map, field, this.#change.set(map[field]))
    else this.into(map[field], at + 1)
  }
}

/** The parts of a path; a backslash before the delimiter makes it a part of the name (utils.PathSplitter). */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter)
  if (parts.length > 1 && parts[0] === '') parts.shift()
  const result: string[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (last?.endsWith('\\')) result[result.length - 1] = `${last.slice(0, -1)}${delimiter}${part}`
    else result.push(part)
  }
  return result
}

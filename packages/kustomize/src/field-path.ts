import { groupVersionOf, isObject, type JsonObject, type KubeObject } from '@slipway/kube-objects'

/** Which field of which kinds: `spec/template/metadata/labels`; lists on the way are walked item by item. */
export interface FieldSpec {
  path: string
  group?: string
  version?: string
  kind?: string
  /** Make the field, and the maps on the way to it, where they are missing. */
  create?: boolean
}

/** Whether a field spec speaks of an object's kind. */
export function appliesTo({ group, version, kind }: FieldSpec, object: KubeObject): boolean {
  const gv = groupVersionOf(object.apiVersion)
  return (
    (group === undefined || group === gv.group) &&
    (version === undefined || version === gv.version) &&
    (kind === undefined || kind === object.kind)
  )
}

/** Replaces the values of a field; `change` gets undefined for a field that is to be created. */
export function changeField(object: KubeObject, spec: FieldSpec, change: (value: unknown) => unknown): void {
  if (appliesTo(spec, object)) walk(object, splitPath(spec.path), spec.create === true, change)
}

interface Part {
  field: string
  isList: boolean
}

function walk(node: unknown, path: Part[], create: boolean, change: (value: unknown) => unknown): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, path, create, change)
    return
  }
  const [part, ...rest] = path
  if (!isObject(node) || part === undefined) return
  const { field, isList } = part
  const missing = node[field] === undefined || node[field] === null
  if (missing && (!create || isList)) return
  if (rest.length === 0) {
    node[field] = change(missing ? undefined : node[field])
    return
  }
  if (missing) node[field] = {} satisfies JsonObject
  walk(node[field], rest, create, change)
}

/** `\/` is a slash inside a field's name; `[]` says that the field is a list, which is never made. */
function splitPath(path: string): Part[] {
  return path.split(/(?<!\\)\//).map((part) => ({
    field: part.replaceAll('\\/', '/').replace(/\[\]$/, ''),
    isList: part.endsWith('[]'),
  }))
}

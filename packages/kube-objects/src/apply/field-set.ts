import { hasFields, isObject, type JsonObject, setField } from '../json.ts'

/**
 * A set of field paths as managedFields holds them (structured-merge-diff). A path element is written as in FieldsV1:
 * `f:name`, `k:{"name":"x"}`, `v:"x"` or `i:0`. `member` says that the path to this node is in the set itself.
 */
export interface FieldSet {
  readonly member: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const EMPTY: FieldSet = { member: false, children: new Map() }
export const LEAF: FieldSet = { member: true, children: new Map() }

export function isEmpty({ member, children }: FieldSet): boolean {
  return !member && children.size === 0
}

/** Reads FieldsV1. */
export function parseFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) return EMPTY
  const children = new Map<string, FieldSet>()
  let member = false
  for (const element of Object.keys(fields)) {
    if (element === '.') {
      member = true
      continue
    }
    const child = fields[element]
    // An element without content is a member: only a parent that is one, too, needs the dot.
    const set = isObject(child) && hasFields(child) ? parseFieldsV1(child) : LEAF
    if (!isEmpty(set)) children.set(element, set)
  }
  return { member, children }
}

/** Writes FieldsV1, with sorted elements. */
export function formatFieldsV1({ member, children }: FieldSet): JsonObject {
  const result: JsonObject = {}
  if (children.size === 0) return result
  if (member) result['.'] = {}
  const elements = [...children.keys()]
  if (elements.length > 1) elements.sort()
  for (const element of elements) {
    setField(result, element, formatFieldsV1(children.get(element) ?? EMPTY))
  }
  return result
}

// Most sets that meet share little: what one side lacks is taken over, or left out, whole.

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a
  if (isEmpty(a)) return b
  const children = new Map(a.children)
  for (const [element, child] of b.children) {
    const known = children.get(element)
    children.set(element, known ? union(known, child) : child)
  }
  return { member: a.member || b.member, children }
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  const children = new Map<string, FieldSet>()
  const [few, many] = a.children.size <= b.children.size ? [a, b] : [b, a]
  for (const [element, child] of few.children) {
    const other = many.children.get(element)
    const shared = other && intersection(child, other)
    if (shared && !isEmpty(shared)) children.set(element, shared)
  }
  return { member: a.member && b.member, children }
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a
  if (a === b) return EMPTY
  let children: Map<string, FieldSet> | undefined
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    const left = other ? difference(child, other) : child
    if (isEmpty(left)) continue
    children ??= new Map()
    children.set(element, left)
  }
  const member = a.member && !b.member
  return children ? { member, children } : member ? LEAF : EMPTY
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a.member !== b.member || a.children.size !== b.children.size) return false
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (!other || !equalSets(child, other)) return false
  }
  return true
}

/** The set of one path. */
export function pathSet(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>(
    (child, element) => ({ member: false, children: new Map([[element, child]]) }),
    LEAF,
  )
}

/** The paths of a set as Kubernetes prints and orders them: `.spec.containers[name="web"].image`. */
export function pathsOf({ children }: FieldSet, prefix = ''): string[] {
  const sorted = [...children].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...sorted.filter(([, child]) => child.member).map(([element]) => prefix + formatElement(element)),
    ...sorted.flatMap(([element, child]) => pathsOf(child, prefix + formatElement(element))),
  ]
}

/** One element of a path as Kubernetes prints it: `.image`, `[name="web"]`. */
export function formatElement(element: string): string {
  const text = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${text}`
    case 'k': {
      const key = JSON.parse(text) as JsonObject
      return `[${Object.entries(key)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`
    }
    case 'v':
      return `[=${text}]`
    default:
      return `[${text}]`
  }
}

import { equalJson, hasFields, isObject, type JsonObject, setField } from '../json.ts'
import { ANY, fieldNode, type SchemaNode } from '../schema/node.ts'
import { type Child, childrenOf, itemElement, type Relation, relationOf } from './elements.ts'
import { EMPTY, type FieldSet, isEmpty, LEAF, union } from './field-set.ts'

// The walks of structured-merge-diff (typed/tofieldset.go, compare.go, merge.go, remove.go) over JSON values.

/** The fields that a configuration sets. */
export function fieldSetOf(value: unknown, schema: SchemaNode): FieldSet {
  const relation = relationOf(value, schema)
  if (relation === 'leaf') return LEAF
  const children = new Map<string, FieldSet>()
  for (const child of childrenOf(value, schema)) {
    // What is in a list twice is owned as a whole.
    if (relation === 'list' && children.has(child.element)) {
      children.set(child.element, LEAF)
      continue
    }
    const below = fieldSetOf(child.value, child.schema)
    const empty = child.value === null || (isObject(child.value) && !hasFields(child.value))
    const named = relation === 'map' && schema.properties?.[child.element.slice(2)] !== undefined
    const set = relation === 'list' || empty || !named ? union(below, LEAF) : below
    if (!isEmpty(set)) children.set(child.element, set)
  }
  return { member: false, children }
}

/** Which fields came, went and changed between two values. */
export interface Comparison {
  added: FieldSet
  removed: FieldSet
  modified: FieldSet
}

const NOTHING: Comparison = { added: EMPTY, removed: EMPTY, modified: EMPTY }

/** Compares two values; undefined is a value that is not there. */
export function compareValues(before: unknown, after: unknown, schema: SchemaNode): Comparison {
  // What nobody touched is the same value still.
  if (before === after && before !== undefined) return NOTHING
  if (before === undefined) return { ...NOTHING, added: wholeSet(after, schema) }
  if (after === undefined) return { ...NOTHING, removed: wholeSet(before, schema) }
  const relation = relationOf(after, schema)
  const was = relationOf(before, schema)
  // A value that took another form lost the parts of the one and got the parts of the other.
  if (was !== relation)
    return together(compareAs(was, before, after, schema), compareAs(relation, before, after, schema))
  return compareAs(relation, before, after, schema)
}

/** A value and everything in it. */
function wholeSet(value: unknown, schema: SchemaNode): FieldSet {
  if (relationOf(value, schema) === 'leaf') return LEAF
  const children = new Map<string, FieldSet>()
  for (const { element, value: child, schema: node } of childrenOf(value, schema)) {
    // What is in a list twice is compared as a whole.
    children.set(element, children.has(element) ? LEAF : wholeSet(child, node))
  }
  return { member: true, children }
}

function compareAs(relation: Relation, before: unknown, after: unknown, schema: SchemaNode): Comparison {
  if (relation === 'leaf') return compareLeaves(before, after)
  if (relation === 'map' && isObject(before) && isObject(after)) return compareMaps(before, after, schema)
  const left = partsOf(relation, before, schema)
  const right = partsOf(relation, after, schema)
  // Two that are empty are compared as they are, so that null, {} and [] stay apart.
  return left.size === 0 && right.size === 0 ? compareLeaves(before, after) : compareChildren(left, right)
}

function together(a: Comparison, b: Comparison): Comparison {
  return {
    added: union(a.added, b.added),
    removed: union(a.removed, b.removed),
    modified: union(a.modified, b.modified),
  }
}

function compareLeaves(before: unknown, after: unknown): Comparison {
  if (before === undefined) return { ...NOTHING, added: LEAF }
  if (after === undefined) return { ...NOTHING, removed: LEAF }
  return equalJson(before, after) ? NOTHING : { ...NOTHING, modified: LEAF }
}

/** The children by element; none of what has another form. An element may stand for several items of a list. */
function partsOf(relation: Relation, value: unknown, schema: SchemaNode): Map<string, Child[]> {
  const parts = new Map<string, Child[]>()
  if (Array.isArray(value) !== (relation === 'list')) return parts
  for (const child of childrenOf(value, schema)) {
    const same = parts.get(child.element)
    if (same) same.push(child)
    else parts.set(child.element, [child])
  }
  return parts
}

function compareChildren(left: Map<string, Child[]>, right: Map<string, Child[]>): Comparison {
  const parts = new Parts()
  for (const [element, items] of left) parts.add(element, compareItems(items, right.get(element) ?? []))
  for (const [element, items] of right) if (!left.has(element)) parts.add(element, compareItems([], items))
  return parts.together()
}

/** By far the most comparisons: two maps, most of whose fields are the same value still. */
function compareMaps(before: JsonObject, after: JsonObject, schema: SchemaNode): Comparison {
  const parts = new Parts()
  for (const field of Object.keys(before)) {
    const [was, is] = [before[field], Object.hasOwn(after, field) ? after[field] : undefined]
    if (was !== is) parts.add(`f:${field}`, compareValues(was, is, fieldNode(schema, field)))
  }
  for (const field of Object.keys(after)) {
    if (Object.hasOwn(before, field)) continue
    parts.add(`f:${field}`, compareValues(undefined, after[field], fieldNode(schema, field)))
  }
  return parts.together()
}

/** The comparisons of a value's children, by their elements. */
class Parts {
  private readonly parts: Partial<Record<keyof Comparison, Map<string, FieldSet>>> = {}

  add(element: string, child: Comparison): void {
    if (child === NOTHING) return
    for (const part of PARTS) {
      if (isEmpty(child[part])) continue
      this.parts[part] ??= new Map()
      this.parts[part].set(element, child[part])
    }
  }

  together(): Comparison {
    const { added, removed, modified } = this.parts
    if (!added && !removed && !modified) return NOTHING
    return { added: asSet(added), removed: asSet(removed), modified: asSet(modified) }
  }
}

const PARTS = ['added', 'removed', 'modified'] as const

function asSet(children: Map<string, FieldSet> | undefined): FieldSet {
  return children ? { member: false, children } : EMPTY
}

/** Items of one element: one each, as a rule; those that are there twice are compared as a whole. */
function compareItems(left: Child[], right: Child[]): Comparison {
  const [a, b] = [left[0], right[0]]
  const schema = b?.schema ?? a?.schema ?? ANY
  if (left.length <= 1 && right.length <= 1) return compareValues(a?.value, b?.value, schema)
  if (left.length > 1 && right.length > 1) {
    const values = (items: Child[]) => items.map(({ value }) => value)
    return compareLeaves(values(left), values(right))
  }
  if (left.length > 1) {
    const now = b ? compareValues(undefined, b.value, schema) : NOTHING
    return together(now, { ...NOTHING, removed: LEAF })
  }
  const then = a ? compareValues(a.value, undefined, schema) : NOTHING
  return together(then, { ...NOTHING, added: LEAF })
}

/** The live value with a configuration laid over it; undefined is a value that is not there. */
export function mergeValues(live: unknown, config: unknown, schema: SchemaNode): unknown {
  if (config === undefined) return live
  if (live === undefined) return config
  const relation = relationOf(config, schema)
  if (relation === 'leaf') return config
  if (relation === 'list') {
    const [left, right] = [live, config].map((value) => (Array.isArray(value) ? value : []))
    return left?.length === 0 && right?.length === 0 ? config : mergeLists(left ?? [], right ?? [], schema)
  }
  const [left, right] = [live, config].map((value) => (isObject(value) ? value : {})) as [JsonObject, JsonObject]
  if (Object.keys(left).length === 0 && Object.keys(right).length === 0) return config
  const result: JsonObject = { ...left }
  for (const [field, value] of Object.entries(right)) {
    const current = Object.hasOwn(result, field) ? result[field] : undefined
    setField(result, field, mergeValues(current, value, fieldNode(schema, field)))
  }
  return result
}

/** The configuration decides the order of its own items, the live list where others stand among them. */
function mergeLists(live: unknown[], config: unknown[], schema: SchemaNode): unknown[] {
  const named = (value: unknown) => ({ element: itemElement(value, schema), value })
  const [left, right] = [live.map(named), config.map(named)]
  const inLeft = new Map<string, unknown>()
  // What is in the live list twice is not merged with.
  for (const { element, value } of left) inLeft.set(element, inLeft.has(element) ? undefined : value)
  const inRight = new Set(right.map(({ element }) => element))
  const shared = right.map(({ element }) => element).filter((element) => inLeft.has(element))
  const merged = new Set<string>()
  const result: unknown[] = []
  let [l, r] = [0, 0]
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l], right[r]]
    if (a && !inRight.has(a.element)) {
      result.push(a.value)
      l++
      continue
    }
    const meet = a?.element === b?.element
    if (a && b && !meet && shared.length > 0 && shared[0] !== a.element) {
      // A shared item whose turn in the configuration's order was, or is yet to come.
      l++
      continue
    }
    if (a && (meet || merged.has(a.element))) l++
    if (!b) continue
    result.push(mergeValues(inLeft.get(b.element), b.value, schema.items ?? ANY))
    merged.add(b.element)
    if (meet || shared[0] === b.element) shared.shift()
    r++
  }
  return result
}

/** The value without the fields of a set. Lists and maps that become empty by it are null, as structured-merge-diff has it. */
export function removeFields(value: unknown, remove: FieldSet, schema: SchemaNode): unknown {
  if (relationOf(value, schema) === 'leaf' || remove.children.size === 0) return value
  const kept = <T>(element: string, child: T, node: SchemaNode): T[] => {
    const below = remove.children.get(element)
    if (below?.member) return []
    return [below ? (removeFields(child, below, node) as T) : child]
  }
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => kept(itemElement(item, schema), item, schema.items ?? ANY))
    return items.length > 0 ? items : null
  }
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value as JsonObject)) {
    for (const rest of kept(`f:${field}`, child, fieldNode(schema, field))) setField(result, field, rest)
  }
  return Object.keys(result).length > 0 ? result : null
}

/** The set, with every named field of a struct on the way to a member being a member itself (EnsureNamedFieldsAreMembers). */
export function withNamedFields(set: FieldSet, schema: SchemaNode): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [element, child] of set.children) {
    const field = element.startsWith('f:') ? element.slice(2) : undefined
    const named = field !== undefined && schema.properties?.[field] !== undefined
    const below = withNamedFields(child, field === undefined ? (schema.items ?? ANY) : fieldNode(schema, field))
    children.set(element, { member: below.member || named, children: below.children })
  }
  return { member: set.member, children }
}

import { plainKyaml, SourceScalar, stringifyV3 } from '@slipway/go-yaml'
import { type JsonObject, setField } from '@slipway/kube-objects'
import { KustomizeError } from './fault.ts'

/**
 * A scalar that stands in several places at once: who changes it in one changes it in all. So kustomize's labels are, until
 * something makes new ones of them (filtersutil.SetEntry puts one node into all maps).
 */
export class SharedScalar {
  content: unknown

  constructor(content: unknown) {
    this.content = content
  }
}

/** A text where the type of what was there before asks for something else: it can't be printed. */
class MistypedScalar extends SourceScalar {
  readonly problem: string

  constructor(text: string, problem: string) {
    super(text, text)
    this.problem = problem
  }
}

const contentOf = (value: unknown): unknown => (value instanceof SharedScalar ? value.content : value)

/** Sets a field; a scalar that is there takes over the value, wherever else it stands. */
export function assign(map: JsonObject, field: string, value: unknown): void {
  const current = map[field]
  if (current === value) return
  if (current instanceof SharedScalar && isScalar(value)) current.content = contentOf(value)
  else map[field] = value
}

/** Whether a value is a map of a document; scalars that are objects here are none. */
export function isMap(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof SourceScalar || value instanceof SharedScalar)
}

/** Missing, or null in any of its spellings. */
export function isNull(value: unknown): boolean {
  const content = contentOf(value)
  return content === undefined || content === null || (content instanceof SourceScalar && content.value === null)
}

export function isScalar(value: unknown): boolean {
  return !Array.isArray(value) && !isMap(value)
}

/** A scalar as it stands in its file; empty for all else. */
export function textOf(node: unknown): string {
  const value = contentOf(node)
  if (typeof value === 'string') return value
  if (value instanceof SourceScalar) return value.text
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** A text as it stands in its file; undefined for what is none, such as a number or a date. */
export function stringOf(node: unknown): string | undefined {
  const value = contentOf(node)
  if (typeof value === 'string') return value
  return value instanceof SourceScalar && value.value === value.text ? value.text : undefined
}

/** Nothing, null, an empty map or list (RNode.IsNilOrEmpty). */
export function isEmpty(value: unknown): boolean {
  if (isNull(value)) return true
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0
}

export function emptyMap(): JsonObject {
  return Object.create(null) as JsonObject
}

/** A value of one's own. */
export function copy<T>(node: T): T {
  const value = contentOf(node) as T
  if (Array.isArray(value)) return value.map(copy) as T
  if (!isMap(value)) return value
  const result = emptyMap()
  for (const field in value) result[field] = copy(value[field])
  return result as T
}

/** Plain JSON data, as Go prints it. Throws for what it can't. */
export function plain(node: unknown): unknown {
  const value = contentOf(node)
  if (value instanceof MistypedScalar) throw new KustomizeError('KUSTOMIZE_INVALID', value.problem)
  if (value instanceof SourceScalar) return value.printed
  if (Array.isArray(value)) return value.map(plain)
  if (!isMap(value)) return value
  const result: JsonObject = {}
  for (const field in value) setField(result, field, plain(value[field]))
  return result
}

/** A scalar with another text but the type that it has: a replacement makes a text of a number, and the other way round. */
export function withText(scalar: unknown, text: string): unknown {
  if (stringOf(scalar) !== undefined) return text
  const value = plainKyaml(text)
  const [wanted, found] = [tagOf(contentOf(scalar)), tagOf(value)]
  if (wanted === found || (wanted === '!!float' && found === '!!int')) return value
  return new MistypedScalar(text, `yaml: cannot decode ${found} \`${text}\` as a ${wanted}`)
}

function tagOf(scalar: unknown): string {
  if (isNull(scalar)) return '!!null'
  const value = scalar instanceof SourceScalar ? scalar.value : scalar
  if (typeof value === 'boolean') return '!!bool'
  if (typeof value === 'string') return scalar instanceof SourceScalar ? '!!timestamp' : '!!str'
  return /^[-+]?(0[xXoObB])?[\da-fA-F_]+$/.test(textOf(scalar)) ? '!!int' : '!!float'
}

const nodeKinds = { map: 'MappingNode', list: 'SequenceNode', scalar: 'ScalarNode' } as const

/** What kyaml calls a node of this form. */
export function kindOf(value: unknown): keyof typeof nodeKinds {
  if (Array.isArray(value)) return 'list'
  return isMap(value) ? 'map' : 'scalar'
}

/** kyaml's error about a node of another form than was expected (ErrorIfInvalid). */
export function wrongKind(expected: keyof typeof nodeKinds, value: unknown): KustomizeError {
  const contents = stringifyV3(plain(value))
  return new KustomizeError(
    'KUSTOMIZE_INVALID',
    `wrong node kind: expected ${nodeKinds[expected]} but got ${nodeKinds[kindOf(value)]}: node contents:\n${contents}`,
  )
}

/** Throws unless a value is nothing or of a form (ErrorIfInvalid). */
export function demandKind(expected: keyof typeof nodeKinds, value: unknown): void {
  if (!isNull(value) && kindOf(value) !== expected) throw wrongKind(expected, value)
}

/**
 * Go's dynamic values in JavaScript:
 * - string: a Go string; bytes that are not UTF-8 are kept as lone surrogates U+DC80..U+DCFF (see utf8.ts)
 * - boolean
 * - number: float64; `GoComplex`: complex128
 * - bigint: int; `GoInteger`: an integer of another type (int64, uint8, ...)
 * - null: nil in an interface; undefined: Go's invalid reflect.Value (no such key, no value at all)
 * - Uint8Array: []byte; array: slice; plain object without prototype: map[string]interface {} (own keys only);
 *   `withType` gives these another type, and `asNil` says that one is nil (empty, and null in JSON)
 * - TemplateObject: a struct or a named type with methods
 * - function: a func value, for the `call` builtin
 */

/** A function that templates may call. What it throws becomes Go's `error calling NAME: message`. */
export type GoFunction = ((...args: unknown[]) => unknown) & { readonly signature?: Signature }

/** The types of parameters that take constants or nil; `map` and `slice` are those of interfaces, `value` takes anything. */
export type BasicParameter =
  | 'any'
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | 'uint32'
  | 'float64'
  | 'map'
  | 'slice'
  | 'bytes'
  | 'value'

/** The Go type of a parameter, as far as argument checks need it. A name with a dot is a struct's, e.g. `time.Time`. */
export type ParameterType = BasicParameter | `${string}.${string}`

/** A Go function's parameters; Go checks count and types before the call, with its own error texts. */
export interface Signature {
  readonly params: readonly ParameterType[]
  /** The last parameter takes the rest (`...T`). */
  readonly variadic: boolean
}

const goType = Symbol('slipway.goType')
const goNil = Symbol('slipway.goNil')

/** What a struct shows to templates. */
export interface TemplateObjectMembers {
  /** Go's name of the type, e.g. `*chart.Metadata`. */
  readonly typeName: string
  hasField(name: string): boolean
  getField(name: string): unknown
  getMethod(name: string): GoFunction | undefined
  /** The fields in their order, as printing shows them. */
  readonly fieldNames?: readonly string[]
  /** The map or slice behind a named type (`type Values map[string]interface{}`): used by range, len, index and printing. */
  readonly underlying?: unknown
  /** What equal values have in common (Go's `==`). Without it, pointers are themselves and nothing else can be compared. */
  identity?(): unknown
  /** What printing shows (Go's Stringer) instead of the fields or what is behind the type. */
  toGoString?(): string
  /** A Stringer of the pointer to this struct: an action shows it, functions that are given the struct do not. */
  toPointerString?(): string
}

/** A Go struct (or named type) with fields and methods. Only `templateObjectOf` makes one, so data can never pose as one. */
export class TemplateObject {
  readonly #members: TemplateObjectMembers

  /** Use `templateObjectOf`. */
  constructor(members: TemplateObjectMembers) {
    this.#members = members
  }

  /** The members of a struct, undefined for every other value. */
  static membersOf(value: object): TemplateObjectMembers | undefined {
    return #members in value ? value.#members : undefined
  }

  get typeName(): string {
    return this.#members.typeName
  }
}

/** Brands fields and methods as a struct that templates may use. */
export function templateObjectOf(members: TemplateObjectMembers): TemplateObject {
  return new TemplateObject(members)
}

/** The struct that a pointer leads to; any other value as it is. */
export function pointedTo(value: unknown): unknown {
  const members = typeof value === 'object' && value !== null ? TemplateObject.membersOf(value) : undefined
  if (!members?.typeName.startsWith('*')) return value
  return templateObjectOf({ ...members, typeName: members.typeName.slice(1) })
}

/** Whether a value is a struct made by `templateObjectOf`. */
export function isTemplateObject(value: unknown): value is TemplateObject {
  return typeof value === 'object' && value !== null && TemplateObject.membersOf(value) !== undefined
}

export type IntegerType = 'int64' | 'int32' | 'uint' | 'uint8' | 'uint16' | 'uint32' | 'uint64'

/** A Go integer whose type is not `int`. */
export class GoInteger {
  readonly typeName: IntegerType
  readonly value: bigint

  constructor(typeName: IntegerType, value: bigint) {
    this.typeName = typeName
    this.value = value
  }

  /** As plain data: the integer alone. */
  toJSON(): bigint {
    return this.value
  }
}

/** A Go complex128. */
export class GoComplex {
  readonly real: number
  readonly imaginary: number

  constructor(real: number, imaginary: number) {
    this.real = real
    this.imaginary = imaginary
  }
}

/** The value of any Go integer, undefined for everything else. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  return value instanceof GoInteger ? value.value : undefined
}

/** Gives a slice or map another Go type than `[]interface {}` or `map[string]interface {}`, e.g. `[]string`. */
export function withType<T extends object>(value: T, typeName: string): T {
  Object.defineProperty(value, goType, { value: typeName })
  return value
}

/** Makes an empty slice or map Go's nil one: it has no items either, but is null in JSON and YAML. */
export function asNil<T extends object>(value: T): T {
  Object.defineProperty(value, goNil, { value: true })
  return value
}

/** Whether a value is a nil slice or map. */
export function isNilCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && goNil in value
}

/** Gives a function Go's checks of argument count and types; without a signature it takes anything. */
export function withSignature(
  params: readonly ParameterType[],
  fn: (...args: never[]) => unknown,
  options: { variadic?: boolean } = {},
): GoFunction {
  const signature: Signature = { params, variadic: options.variadic ?? false }
  return Object.assign(fn.bind(undefined) as (...args: unknown[]) => unknown, { signature })
}

/** Whether a value is a Go map: an object that is no slice, bytes, integer or struct. */
export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  if (Object.getPrototypeOf(value) === null) return true
  return !(
    value instanceof Uint8Array ||
    value instanceof GoInteger ||
    value instanceof GoComplex ||
    isTemplateObject(value)
  )
}

/** Go's name of a value's dynamic type (`%T`). */
export function typeOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int'
    case 'function':
      return 'func()'
    case 'object':
      return value === null ? '<nil>' : typeOfObject(value)
    default:
      return '<nil>'
  }
}

function typeOfObject(value: object): string {
  if (value instanceof GoInteger) return value.typeName
  if (value instanceof GoComplex) return 'complex128'
  if (isTemplateObject(value)) return value.typeName
  const named = (value as { [goType]?: string })[goType]
  if (named !== undefined) return named
  if (value instanceof Uint8Array) return '[]uint8'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** What a map gives for a key that it does not have: the zero value of its elements' type. */
export function zeroElement(map: object): unknown {
  const type = typeOf(map)
  if (type.endsWith(']string')) return ''
  return type.endsWith('[]uint8') ? asNil(new Uint8Array()) : null
}

/** The map or slice behind a named type; any other value as it is. */
export function underlyingOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === null) return value
  return TemplateObject.membersOf(value)?.underlying ?? value
}

/** Whether a map has anything in it, without listing its keys. */
function hasKeys(map: object): boolean {
  for (const key in map) if (Object.hasOwn(map, key)) return true
  return false
}

/** Go templates' truth: false for nil, false, zero and anything empty. A struct is always true. */
export function truth(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value !== ''
    case 'boolean':
      return value
    case 'number':
      return value !== 0
    case 'bigint':
      return value !== 0n
    case 'object':
      return value !== null && truthOfObject(value)
    default:
      return value !== undefined
  }
}

function truthOfObject(value: object): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0
  if (value instanceof GoInteger) return value.value !== 0n
  if (value instanceof GoComplex) return value.real !== 0 || value.imaginary !== 0
  const members = TemplateObject.membersOf(value)
  if (members) return members.underlying === undefined || truth(members.underlying)
  return hasKeys(value)
}

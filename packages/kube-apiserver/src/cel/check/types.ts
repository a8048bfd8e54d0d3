/** A type as cel-go has it: `list(string)`, `kubernetes.Quantity`, a type parameter `A` of a function. */
export interface Type {
  readonly kind: 'scalar' | 'dyn' | 'error' | 'null' | 'list' | 'map' | 'object' | 'opaque' | 'type' | 'parameter'
  /** As messages show it, without its parameters. */
  readonly name: string
  readonly parameters: readonly Type[]
  /** The fields of an object. */
  readonly fields?: ReadonlyMap<string, Type>
  /** How many characters, items or entries a value of a schema can have. */
  readonly maxElements?: number
}

const plain = (kind: Type['kind'], name: string): Type => ({ kind, name, parameters: [] })

export const BOOL = plain('scalar', 'bool')
export const INT = plain('scalar', 'int')
export const UINT = plain('scalar', 'uint')
export const DOUBLE = plain('scalar', 'double')
export const STRING = plain('scalar', 'string')
export const BYTES = plain('scalar', 'bytes')
export const DURATION = plain('scalar', 'duration')
export const TIMESTAMP = plain('scalar', 'timestamp')
export const NULL = plain('null', 'null')
export const DYN = plain('dyn', 'dyn')
/** What a faulty expression has: it fits everywhere, so that one fault is told once. */
export const ERROR = plain('error', '!error!')

export const listOf = (item: Type): Type => ({ kind: 'list', name: 'list', parameters: [item] })
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', name: 'map', parameters: [key, value] })
export const typeOf = (type: Type): Type => ({ kind: 'type', name: 'type', parameters: [type] })
export const parameter = (name: string): Type => plain('parameter', name)
export const optionalOf = (type: Type): Type => ({ kind: 'opaque', name: 'optional_type', parameters: [type] })
/** Without fields, it is one of which only functions know what it has. */
export const objectType = (name: string, fields?: ReadonlyMap<string, Type>): Type => ({
  ...plain('object', name),
  ...(fields && { fields }),
})

export function isOptional({ kind, name }: Type): boolean {
  return kind === 'opaque' && name === 'optional_type'
}

/** What an optional type is of; any other type itself. */
export function unwrapped(type: Type): Type {
  return isOptional(type) ? (type.parameters[0] ?? DYN) : type
}

export const isUnchecked = ({ kind }: Type): boolean => kind === 'dyn' || kind === 'error'

/** As messages show a type (cel-go's checker/format.go). */
export function formatType({ name, parameters }: Type): string {
  return parameters.length === 0 ? name : `${name}(${parameters.map(formatType).join(', ')})`
}

/** A call as messages show it: `(int, string)`, of a method `string.(int)`. */
export function formatCall(parameters: Type[], isMethod: boolean): string {
  const [receiver, ...rest] = parameters
  if (!isMethod || !receiver) return `(${parameters.map(formatType).join(', ')})`
  return `${formatType(receiver)}.(${rest.map(formatType).join(', ')})`
}

export function sameType(a: Type, b: Type): boolean {
  return (
    a === b ||
    (a.kind === b.kind &&
      a.name === b.name &&
      a.parameters.length === b.parameters.length &&
      a.parameters.every((one, index) => sameType(one, b.parameters[index] as Type)))
  )
}

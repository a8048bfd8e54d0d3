import { SIGNATURES } from './functions.ts'
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  objectType,
  parameter,
  STRING,
  TIMESTAMP,
  type Type,
  typeOf,
  UINT,
} from './types.ts'

/** One way to call a function. */
export interface Overload {
  /** How it is declared: `_+_(string, string): string`. */
  readonly signature: string
  readonly isMethod: boolean
  /** The receiver of a method is the first. */
  readonly parameters: readonly Type[]
  readonly result: Type
}

let declared: Map<string, Overload[]> | undefined

/** The ways to call a function; none when there is no such function. */
export function overloadsOf(name: string): readonly Overload[] {
  declared ??= declaredFunctions()
  return declared.get(name) ?? []
}

/** Read when the first expression is checked: the server's start does not wait for it. */
function declaredFunctions(): Map<string, Overload[]> {
  const functions = new Map<string, Overload[]>()
  for (const signature of SIGNATURES) {
    const { name, ...overload } = readSignature(signature)
    functions.set(name, [...(functions.get(name) ?? []), overload])
  }
  return functions
}

const NAMED: Record<string, Type> = {
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
  duration: DURATION,
  timestamp: TIMESTAMP,
  dyn: DYN,
  null: NULL,
}
const OPAQUE = new Set(['optional_type', 'net.IP', 'net.CIDR'])

/** Names of types, which are values of expressions as well: `type(self.x) == string`. */
export const TYPE_NAMES: ReadonlyMap<string, Type> = new Map(
  Object.entries({
    ...Object.fromEntries(['bool', 'bytes', 'double', 'int', 'string', 'uint'].map((name) => [name, NAMED[name]])),
    list: listOf(parameter('A')),
    map: mapOf(parameter('A'), parameter('B')),
    null_type: NULL,
    'google.protobuf.Duration': DURATION,
    'google.protobuf.Timestamp': TIMESTAMP,
    type: typeOf(DYN),
    optional_type: { kind: 'opaque', name: 'optional_type', parameters: [parameter('V')] } satisfies Type,
  } as Record<string, Type>).map(([name, type]) => [name, typeOf(type)]),
)

/** `list(string)`; a capital letter alone is a type parameter. */
export function readType(text: string): Type {
  const [, name = '', inner] = /^([\w.]+)(?:\((.*)\))?$/.exec(text) ?? []
  const known = NAMED[name]
  if (known) return known
  if (/^[A-Z]$/.test(name)) return parameter(name)
  const parameters = inner === undefined ? [] : splitTypes(inner).map(readType)
  if (name === 'list' || name === 'map' || name === 'type') return { kind: name, name, parameters }
  return OPAQUE.has(name) ? { kind: 'opaque', name, parameters } : objectType(name)
}

function readSignature(signature: string): Overload & { name: string } {
  const [, receiver, name = '', list = '', result = ''] =
    /^(?:(.+)::)?([^:(]+|_\?_:_)\((.*)\): (.+)$/.exec(signature) ?? []
  const isMethod = receiver !== undefined
  const parameters = [...(isMethod ? [receiver] : []), ...splitTypes(list)].map(readType)
  return { name, signature, isMethod, parameters, result: readType(result) }
}

/** The parts of `A, map(B, C)`. */
function splitTypes(list: string): string[] {
  return list === '' ? [] : list.split(/, (?![^(]*\))/)
}

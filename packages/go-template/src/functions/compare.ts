import { sprintf } from '../fmt.ts'
import { compareStrings } from '../map-keys.ts'
import {
  GoComplex,
  integerOf,
  isMap,
  isNilCollection,
  isTemplateObject,
  TemplateObject,
  typeOf,
  underlyingOf,
} from '../values.ts'

type Kind = 'bool' | 'int' | 'float' | 'complex' | 'string' | 'other'

function kindOf(named: unknown): Kind {
  const value = underlyingOf(named)
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float'
    case 'string':
      return 'string'
    default:
      if (value instanceof GoComplex) return 'complex'
      return integerOf(value) === undefined ? 'other' : 'int'
  }
}

const isNil = (value: unknown) => value === undefined || value === null || isNilCollection(value)

/** Go's comparison functions. `namesTypes`: errors name both types, as they do since Go 1.24. */
export function comparisons(namesTypes: boolean) {
  const incompatible = (a: unknown, b: unknown) =>
    new Error(`incompatible types for comparison${namesTypes ? `: ${typeOf(a)} and ${typeOf(b)}` : ''}`)

  /** `eq a b c`: a equals b or c. Kinds must agree; nil may be compared with anything. */
  const eq = (first: unknown, ...others: unknown[]): boolean => {
    if (others.length === 0) throw new Error('missing argument for comparison')
    return others.some((other) => isEqual(first, other))
  }
  const isEqual = (a: unknown, b: unknown): boolean => {
    const kind = kindOf(a)
    if (kind !== kindOf(b)) {
      if (a === undefined || a === null || b === undefined || b === null) return false
      throw incompatible(a, b)
    }
    if (kind === 'int') return integerOf(underlyingOf(a)) === integerOf(underlyingOf(b))
    if (a instanceof GoComplex && b instanceof GoComplex) return a.real === b.real && a.imaginary === b.imaginary
    return kind === 'other' ? isSame(a, b) : a === b
  }
  /** For numbers of one kind and for strings. */
  const lt = (a: unknown, b: unknown): boolean => {
    const kind = kindOf(a)
    const other = kindOf(b)
    if (kind === 'other' || other === 'other') throw new Error('invalid type for comparison')
    if (kind !== other) throw incompatible(a, b)
    switch (kind) {
      case 'bool':
      case 'complex':
        throw new Error('invalid type for comparison')
      case 'string':
        return compareStrings(a as string, b as string) < 0
      case 'float':
        return (a as number) < (b as number)
      case 'int':
        return (integerOf(underlyingOf(a)) ?? 0n) < (integerOf(underlyingOf(b)) ?? 0n)
    }
  }
  const ne = (a: unknown, b: unknown) => !eq(a, b)
  const le = (a: unknown, b: unknown) => lt(a, b) || eq(a, b)
  const gt = (a: unknown, b: unknown) => !le(a, b)
  const ge = (a: unknown, b: unknown) => !lt(a, b)
  return { eq, ne, lt, le, gt, ge }
}

/** Values that are not of a basic kind: both nil, or the same by Go's `==` where their type has it. */
function isSame(a: unknown, b: unknown): boolean {
  const hasKinds = a !== undefined && a !== null && b !== undefined && b !== null
  if (hasKinds && shapeOf(a) !== shapeOf(b)) {
    throw new Error(sprintf('non-comparable types %s: %v, %s: %v', a, typeOf(a), typeOf(b), b))
  }
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b)
  const identity = identityOf(b)
  if (!identity) throw new Error(sprintf('non-comparable type %s: %v', b, typeOf(b)))
  return typeOf(a) === typeOf(b) && identityOf(a)?.() === identity()
}

function identityOf(value: unknown): (() => unknown) | undefined {
  if (!isTemplateObject(value)) return undefined
  const members = TemplateObject.membersOf(value)
  if (members?.identity) return () => members.identity?.()
  return value.typeName.startsWith('*') ? () => value : undefined
}

function shapeOf(value: unknown): string {
  const plain = underlyingOf(value)
  if (isTemplateObject(plain) && plain.typeName.startsWith('*')) return 'ptr'
  if (typeof plain === 'function') return 'func'
  if (Array.isArray(plain) || plain instanceof Uint8Array) return 'slice'
  return isMap(plain) ? 'map' : 'struct'
}

import { spend } from './budget.ts'
import { formatFloat } from './float.ts'
import { formatInteger, formatUnicode, pad, padNumber, quotedRune, runeOf } from './fmt-scalar.ts'
import { sortedKeys } from './map-keys.ts'
import { canBackquote, quote } from './strconv.ts'
import { bytesOf, stringOf } from './utf8.ts'
import {
  GoComplex,
  GoInteger,
  isMap,
  isNilCollection,
  TemplateObject,
  type TemplateObjectMembers,
  typeOf,
  underlyingOf,
} from './values.ts'

/** The flags, width and precision of one directive. */
export interface Flags {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  /** `%+v` and `%#v`. */
  plusV: boolean
  sharpV: boolean
  width: number | undefined
  precision: number | undefined
}

export const noFlags: Readonly<Flags> = Object.freeze({
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
  width: undefined,
  precision: undefined,
})

/** Data nested deeper than this is cyclic or hostile. */
const maxDepth = 1000
/** The text of an item, roughly, and what holds it. */
const bytesPerItem = 32

/** One argument under one verb, as Go's printArg. */
export function printArgument(value: unknown, verb: string, flags: Flags): string {
  if (value === undefined || value === null) {
    return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  }
  if (verb === 'T') return pad(truncated(typeOf(value), flags), flags)
  if (verb === 'p') return hasAddress(value) ? printPointer(value, verb, flags) : badVerb(value, verb, flags)
  if (verb === 'w' && !(value instanceof Uint8Array)) return badVerb(value, verb, flags)
  return printValue(value, verb, flags, 0)
}

function printValue(value: unknown, verb: string, flags: Flags, depth: number): string {
  if (depth > maxDepth) throw new Error('value is nested too deeply to print')
  switch (typeof value) {
    case 'string':
      return printString(value, verb, flags)
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags)
    case 'number':
      return printFloat(value, verb, flags)
    case 'bigint':
      return printInteger(value, verb, flags)
    case 'object':
      return value === null ? printNil(flags) : printObject(value, verb, flags, depth)
    case 'function':
      return badVerb(value, verb, flags)
    default:
      return printNil(flags)
  }
}

/** nil inside a map or slice: the same under every verb. */
function printNil(flags: Flags): string {
  return flags.sharpV ? 'interface {}(nil)' : '<nil>'
}

/** Where something is, which differs from run to run: there are no addresses here. */
const address = 0xc000000000n

function hasAddress(value: unknown): boolean {
  const plain = underlyingOf(value)
  return Array.isArray(plain) || plain instanceof Uint8Array || isMap(plain) || typeOf(plain).startsWith('*')
}

/** A pointer that is not followed. */
function printPointer(value: unknown, verb: string, flags: Flags): string {
  const base = bases[verb]
  if (verb === 'v' && flags.sharpV) return `(${typeOf(value)})(0x${address.toString(16)})`
  if (verb === 'v' || verb === 'p') return formatInteger(address, 16, 'x', { ...flags, sharp: !flags.sharp })
  return base === undefined || verb === 'O' ? badVerb(value, verb, flags) : formatInteger(address, base, verb, flags)
}

/** `%!d(string=hi)`: the verb does not fit the value. */
function badVerb(value: unknown, verb: string, flags: Flags): string {
  if (typeof value === 'function') return `%!${verb}(${typeOf(value)}=)`
  return `%!${verb}(${typeOf(value)}=${printValue(value, 'v', flags, 0)})`
}

function printString(text: string, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return flags.sharpV ? quoted(text, flags) : pad(truncated(text, flags), flags)
    case 's':
      return pad(truncated(text, flags), flags)
    case 'q':
      return quoted(text, flags)
    case 'x':
    case 'X':
      return hexBytes(bytesOf(text), verb, flags)
    default:
      return badVerb(text, verb, flags)
  }
}

/** A precision cuts a string to so many characters. */
function truncated(text: string, { precision }: Flags): string {
  if (precision === undefined || text.length <= precision) return text
  let end = 0
  for (let left = precision; left > 0 && end < text.length; left--) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
  return text.slice(0, end)
}

function quoted(text: string, flags: Flags): string {
  const cut = truncated(text, flags)
  if (flags.sharp && canBackquote(cut)) return pad(`\`${cut}\``, flags)
  return pad(quote(cut, flags.plus), flags)
}

function hexBytes(bytes: Uint8Array, verb: 'x' | 'X', flags: Flags): string {
  spend(bytes.length)
  const shown = flags.precision === undefined ? bytes : bytes.subarray(0, flags.precision)
  if (shown.length === 0) return pad('', flags)
  const pairs = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0'))
  const prefix = flags.sharp ? '0x' : ''
  const text = prefix + pairs.join(flags.space ? ` ${prefix}` : '')
  return pad(verb === 'X' ? text.toUpperCase() : text, flags)
}

function printFloat(value: number, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return padNumber(formatFloat(value, 'g', flags.precision ?? -1), flags.sharpV ? 'g' : 'v', flags)
    case 'g':
    case 'G':
    case 'b':
    case 'x':
    case 'X':
      return padNumber(formatFloat(value, verb, flags.precision ?? -1), verb, flags)
    case 'e':
    case 'E':
    case 'f':
      return padNumber(formatFloat(value, verb, flags.precision ?? 6), verb, flags)
    case 'F':
      return padNumber(formatFloat(value, 'f', flags.precision ?? 6), 'f', flags)
    default:
      return badVerb(value, verb, flags)
  }
}

const bases: Record<string, 2 | 8 | 10 | 16> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }

function printInteger(value: bigint, verb: string, flags: Flags): string {
  const base = bases[verb]
  if (base !== undefined) return formatInteger(value, base, verb, flags)
  switch (verb) {
    case 'c':
      return pad(runeOf(value), flags)
    case 'q':
      return pad(quotedRune(value, flags.plus), flags)
    case 'U':
      return formatUnicode(value, flags)
    default:
      return badVerb(value, verb, flags)
  }
}

/** `(1+2i)`: the imaginary part always has a sign. */
function printComplex(value: GoComplex, verb: string, flags: Flags): string {
  if (!'vbgGxXfFeE'.includes(verb)) return badVerb(value, verb, flags)
  return `(${printFloat(value.real, verb, flags)}${printFloat(value.imaginary, verb, { ...flags, plus: true })}i)`
}

function printObject(value: object, verb: string, flags: Flags, depth: number): string {
  if (value instanceof GoInteger) return printTypedInteger(value, verb, flags)
  if (value instanceof GoComplex) return printComplex(value, verb, flags)
  if (value instanceof Uint8Array) return printBytes(value, verb, flags, depth)
  if (Array.isArray(value)) return printSlice(value, verb, flags, depth)
  const members = TemplateObject.membersOf(value)
  if (!members) return printMap(value as Record<string, unknown>, verb, flags, depth)
  if (members.toGoString && !flags.sharpV && 'vsxXq'.includes(verb))
    return printString(members.toGoString(), verb, flags)
  const { underlying, typeName } = members
  if (underlying === undefined) {
    const isInnerPointer = typeName.startsWith('*') && depth > 0
    return isInnerPointer ? printPointer(value, verb, flags) : printStruct(members, verb, flags, depth)
  }
  const text = printValue(underlying, verb, flags, depth)
  const namesType = flags.sharpV && (isMap(underlying) || Array.isArray(underlying))
  return namesType ? typeName + text.slice(typeOf(underlying).length) : text
}

/** `{a b}`, `%+v` with names, `%#v` with the type; a pointer shows its struct only on the outside, else an address. */
function printStruct(members: TemplateObjectMembers, verb: string, flags: Flags, depth: number): string {
  const isPointer = members.typeName.startsWith('*')
  const names = members.fieldNames ?? []
  const fields = names.map((name) => {
    const field = printValue(members.getField(name), verb, flags, depth + 1)
    return flags.plusV || flags.sharpV ? `${name}:${field}` : field
  })
  const type = flags.sharpV ? members.typeName.replace('*', '') : ''
  return `${isPointer ? '&' : ''}${type}{${fields.join(flags.sharpV ? ', ' : ' ')}}`
}

function printTypedInteger(integer: GoInteger, verb: string, flags: Flags): string {
  const isUnsigned = integer.typeName.startsWith('uint')
  if (verb === 'v' && flags.sharpV && isUnsigned)
    return formatInteger(integer.value, 16, 'x', { ...flags, sharp: true })
  if (bases[verb] === undefined && !'cqU'.includes(verb)) {
    return `%!${verb}(${integer.typeName}=${formatInteger(integer.value, 10, 'd', flags)})`
  }
  return printInteger(integer.value, verb, flags)
}

function printBytes(bytes: Uint8Array, verb: string, flags: Flags, depth: number): string {
  switch (verb) {
    case 's':
      return printString(stringOf(bytes), 's', flags)
    case 'q':
      return quoted(stringOf(bytes), flags)
    case 'x':
    case 'X':
      return hexBytes(bytes, verb, flags)
    default: {
      const items = Array.from(bytes, (byte) => new GoInteger('uint8', BigInt(byte)))
      const typeName = depth === 0 ? '[]byte' : '[]uint8'
      if (flags.sharpV && isNilCollection(bytes)) return `${typeName}(nil)`
      if (flags.sharpV) return `${typeName}{${items.map((item) => printTypedInteger(item, 'v', flags)).join(', ')}}`
      return printSlice(items, verb, flags, depth)
    }
  }
}

function printSlice(slice: readonly unknown[], verb: string, flags: Flags, depth: number): string {
  spend(slice.length * bytesPerItem)
  if (flags.sharpV && isNilCollection(slice)) return `${typeOf(slice)}(nil)`
  const items = slice.map((item) => printValue(item, verb, flags, depth + 1))
  return flags.sharpV ? `${typeOf(slice)}{${items.join(', ')}}` : `[${items.join(' ')}]`
}

function printMap(map: Record<string, unknown>, verb: string, flags: Flags, depth: number): string {
  if (flags.sharpV && isNilCollection(map)) return `${typeOf(map)}(nil)`
  const keys = sortedKeys(map)
  spend(keys.length * bytesPerItem)
  const entries = keys.map((key) => {
    return `${printString(key, verb, flags)}:${printValue(map[key], verb, flags, depth + 1)}`
  })
  return flags.sharpV ? `${typeOf(map)}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`
}

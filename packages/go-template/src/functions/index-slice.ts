import { byteLength, bytesOf, stringOf } from '../utf8.ts'
import { GoInteger, integerOf, isMap, typeOf, underlyingOf, withType, zeroElement } from '../values.ts'

/** `index x 1 2`: x[1][2] of maps, slices and strings. */
export function index(item: unknown, ...keys: unknown[]): unknown {
  if (item === undefined || item === null) throw new Error('index of untyped nil')
  let current: unknown = item
  for (const key of keys) {
    if (current === undefined || current === null) throw new Error('index of nil pointer')
    current = entryOf(underlyingOf(current), key)
  }
  return current
}

function entryOf(collection: unknown, key: unknown): unknown {
  if (Array.isArray(collection)) return collection[position(key, collection.length, 'slice')]
  if (collection instanceof Uint8Array) return byteAt(collection, key, 'slice')
  if (typeof collection === 'string') return byteAt(bytesOf(collection), key, 'string')
  if (isMap(collection)) return mapEntry(collection, key)
  throw new Error(`can't index item of type ${pointedType(collection)}`)
}

function byteAt(bytes: Uint8Array, key: unknown, kind: 'slice' | 'string'): GoInteger {
  return new GoInteger('uint8', BigInt(bytes[position(key, bytes.length, kind)] ?? 0))
}

function mapEntry(map: Record<string, unknown>, key: unknown): unknown {
  if (key === undefined || key === null) throw new Error('value is nil; should be of type string')
  if (typeof key !== 'string') throw new Error(`value has type ${typeOf(key)}; should be string`)
  return Object.hasOwn(map, key) ? map[key] : zeroElement(map)
}

/** The position that an index names; the length itself passes Go's check and fails in reflect. */
function position(key: unknown, length: number, kind: 'slice' | 'string'): number {
  const at = bound(key, length)
  if (at === length) throw new Error(`reflect: ${kind} index out of range`)
  return at
}

function bound(key: unknown, length: number): number {
  if (key === undefined || key === null) throw new Error('cannot index slice/array with nil')
  const int = integerOf(key)
  if (int === undefined) throw new Error(`cannot index slice/array with type ${typeOf(key)}`)
  if (int < 0n || int > BigInt(length)) throw new Error(`index out of range: ${int}`)
  return Number(int)
}

/** `slice x 1 2`: x[1:2] of slices and strings (bytes). */
export function slice(item: unknown, ...bounds: unknown[]): unknown {
  if (item === undefined || item === null) throw new Error('slice of untyped nil')
  const collection = underlyingOf(item)
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`)
  if (typeof collection === 'string') return sliceString(collection, bounds)
  if (Array.isArray(collection)) {
    const [start, end] = boundsOf(bounds, collection.length)
    return withType(collection.slice(start, end), typeOf(collection))
  }
  if (collection instanceof Uint8Array) return collection.slice(...boundsOf(bounds, collection.length))
  throw new Error(`can't slice item of type ${pointedType(collection)}`)
}

function sliceString(text: string, bounds: unknown[]): string {
  if (bounds.length === 3) throw new Error('cannot 3-index slice a string')
  const bytes = bytesOf(text)
  return stringOf(bytes.subarray(...boundsOf(bounds, bytes.length)))
}

function boundsOf(bounds: unknown[], length: number): [number, number] {
  const [start = 0, end = length, capacity = length] = bounds.map((each) => bound(each, length))
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`)
  if (end > capacity) throw new Error(`invalid slice index: ${end} > ${capacity}`)
  return [start, end]
}

/** `len x`: bytes of a string, entries of anything else. */
export function length(item: unknown): bigint {
  if (item === null) throw new Error('len of nil pointer')
  if (item === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value')
  const collection = underlyingOf(item)
  if (typeof collection === 'string') return BigInt(byteLength(collection))
  if (Array.isArray(collection) || collection instanceof Uint8Array) return BigInt(collection.length)
  if (isMap(collection)) return BigInt(Object.keys(collection).length)
  throw new Error(`len of type ${pointedType(collection)}`)
}

/** The type of what a pointer leads to, for the functions that follow it. */
function pointedType(value: unknown): string {
  return typeOf(value).replace(/^\*/, '')
}

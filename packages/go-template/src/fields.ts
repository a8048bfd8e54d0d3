import { type Frame, failAt } from './execution.ts'
import { lastNodeOf } from './last-node.ts'
import type { Node } from './nodes.ts'
import { quote } from './strconv.ts'
import { type GoFunction, isMap, TemplateObject, typeOf, underlyingOf, zeroElement } from './values.ts'

/** The value has no fields, or not this one. */
export const noField = Symbol('no such field')

/** A method that was found instead of a field; the caller runs it. */
export class BoundMethod {
  readonly fn: GoFunction

  constructor(fn: GoFunction) {
    this.fn = fn
  }
}

/**
 * `.name` of a value, as Go's evalField: a method, a struct's field or a map's entry; or `noField`.
 * undefined is Go's invalid value, whose fields are invalid too; null is a nil interface, which has none. `at` has run so far when
 * it goes wrong.
 */
export function fieldOf(frame: Frame, receiver: unknown, name: string, at: Node): unknown {
  if (typeof receiver !== 'object' || receiver === null) return fieldOfNoObject(frame, receiver, name, at)
  if (Object.getPrototypeOf(receiver) === null) {
    const value = (receiver as Record<string, unknown>)[name]
    return value === undefined ? missing(frame, receiver, name, at) : value
  }
  const members = TemplateObject.membersOf(receiver)
  if (members) {
    const method = members.getMethod(name)
    if (method) return new BoundMethod(method)
    if (members.hasField(name)) return members.getField(name)
    const { underlying } = members
    if (typeof underlying === 'object' && underlying !== null) return fieldOf(frame, underlying, name, at)
    return noField
  }
  return isMap(receiver) ? entryOf(frame, receiver, name, at) : noField
}

/** `.name` that is given arguments: only a method takes them. */
export function methodOf(frame: Frame, receiver: unknown, name: string, at: Node): unknown {
  const plain = underlyingOf(receiver)
  const members = typeof receiver === 'object' && receiver !== null ? TemplateObject.membersOf(receiver) : undefined
  const method = members?.getMethod(name)
  if (method) return new BoundMethod(method)
  if (members?.hasField(name)) {
    return failAt(frame, lastNodeOf(at), `${name} has arguments but cannot be invoked as function`)
  }
  if (isMap(plain)) return failAt(frame, lastNodeOf(at), `${name} is not a method but has arguments`)
  return fieldOf(frame, receiver, name, at)
}

function entryOf(frame: Frame, map: Record<string, unknown>, name: string, at: Node): unknown {
  const value = map[name]
  if (value !== undefined && Object.hasOwn(map, name)) return value
  return missing(frame, map, name, at)
}

function missing(frame: Frame, map: object, name: string, at: Node): unknown {
  const { missingKey } = frame.execution.environment
  if (missingKey === 'default') return undefined
  if (missingKey === 'zero') return zeroElement(map)
  return failAt(frame, lastNodeOf(at), `map has no entry for key ${quote(name)}`)
}

function fieldOfNoObject(frame: Frame, receiver: unknown, name: string, at: Node): unknown {
  if (receiver === null) return failAt(frame, lastNodeOf(at), `nil pointer evaluating interface {}.${name}`)
  if (receiver !== undefined) return noField
  if (frame.execution.environment.missingKey !== 'error') return undefined
  return failAt(frame, lastNodeOf(at), `nil data; no entry for key ${quote(name)}`)
}

/** What Go calls the type of a thing in a collection or struct: inside of interfaces it knows nothing more. */
export function elementType(collection: unknown, element: unknown): string {
  const inner = underlyingOf(collection)
  if (!Array.isArray(inner) && !isMap(inner)) return typeOf(element)
  const type = typeOf(inner)
  return type.includes('[') && !type.endsWith('interface {}') ? typeOf(element) : 'interface {}'
}

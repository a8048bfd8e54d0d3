import { type Environment, failAt, type Site } from './execution.ts'
import type { Node } from './nodes.ts'
import { quote } from './strconv.ts'
import { type GoFunction, isMap, TemplateObject, typeOf, underlyingOf, zeroElement } from './values.ts'

/** Where a field access stands, for its errors. */
export interface FieldSite extends Site {
  readonly node: Node
}

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
 * undefined is Go's invalid value, whose fields are invalid too; null is a nil interface, which has none.
 */
export function fieldOf(environment: Environment, receiver: unknown, name: string, site: FieldSite): unknown {
  if (typeof receiver !== 'object' || receiver === null) return fieldOfNoObject(environment, receiver, name, site)
  if (Object.getPrototypeOf(receiver) === null) {
    const value = (receiver as Record<string, unknown>)[name]
    return value === undefined ? missing(environment, receiver, name, site) : value
  }
  const members = TemplateObject.membersOf(receiver)
  if (members) {
    const method = members.getMethod(name)
    if (method) return new BoundMethod(method)
    if (members.hasField(name)) return members.getField(name)
    const { underlying } = members
    if (typeof underlying === 'object' && underlying !== null) return fieldOf(environment, underlying, name, site)
    return noField
  }
  return isMap(receiver) ? entryOf(environment, receiver, name, site) : noField
}

/** `.name` that is given arguments: only a method takes them. */
export function methodOf(environment: Environment, receiver: unknown, name: string, site: FieldSite): unknown {
  const plain = underlyingOf(receiver)
  const members = typeof receiver === 'object' && receiver !== null ? TemplateObject.membersOf(receiver) : undefined
  const method = members?.getMethod(name)
  if (method) return new BoundMethod(method)
  if (members?.hasField(name)) {
    return failAt(site, site.node, `${name} has arguments but cannot be invoked as function`)
  }
  if (isMap(plain)) return failAt(site, site.node, `${name} is not a method but has arguments`)
  return fieldOf(environment, receiver, name, site)
}

function entryOf(environment: Environment, map: Record<string, unknown>, name: string, site: FieldSite): unknown {
  const value = map[name]
  if (value !== undefined && Object.hasOwn(map, name)) return value
  return missing(environment, map, name, site)
}

function missing(environment: Environment, map: object, name: string, site: FieldSite): unknown {
  if (environment.missingKey === 'default') return undefined
  if (environment.missingKey === 'zero') return zeroElement(map)
  return failAt(site, site.node, `map has no entry for key ${quote(name)}`)
}

function fieldOfNoObject(environment: Environment, receiver: unknown, name: string, site: FieldSite): unknown {
  if (receiver === null) return failAt(site, site.node, `nil pointer evaluating interface {}.${name}`)
  if (receiver !== undefined) return noField
  if (environment.missingKey !== 'error') return undefined
  return failAt(site, site.node, `nil data; no entry for key ${quote(name)}`)
}

/** What Go calls the type of a thing in a collection or struct: inside of interfaces it knows nothing more. */
export function elementType(collection: unknown, element: unknown): string {
  const inner = underlyingOf(collection)
  if (!Array.isArray(inner) && !isMap(inner)) return typeOf(element)
  const type = typeOf(inner)
  return type.includes('[') && !type.endsWith('interface {}') ? typeOf(element) : 'interface {}'
}

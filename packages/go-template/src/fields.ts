import { type Environment, failAt, type Site } from './execution.ts'
import type { Node } from './nodes.ts'
import { quote } from './strconv.ts'
import { type GoFunction, GoInteger, isMap, TemplateObject, typeOf, underlyingOf } from './values.ts'

/** Where a field access stands, for its errors. */
export interface FieldSite extends Site {
  readonly node: Node
  /** The receiver came out of a slice or map, so Go knows it as `interface {}` only. */
  readonly isInterface: boolean
}

/** A method that was found instead of a field; the caller runs it. */
export class BoundMethod {
  readonly fn: GoFunction

  constructor(fn: GoFunction) {
    this.fn = fn
  }
}

/**
 * `.name` of a value, as Go's evalField: a method, a struct's field or a map's entry.
 * undefined is Go's invalid value, whose fields are invalid too; null is a nil interface, which has none.
 */
export function fieldOf(environment: Environment, receiver: unknown, name: string, site: FieldSite): unknown {
  if (typeof receiver !== 'object' || receiver === null) return fieldOfNoObject(environment, receiver, name, site)
  if (Object.getPrototypeOf(receiver) === null) {
    const value = (receiver as Record<string, unknown>)[name]
    return value === undefined ? missing(environment, name, site) : value
  }
  const members = TemplateObject.membersOf(receiver)
  if (members) {
    const method = members.getMethod(name)
    if (method) return new BoundMethod(method)
    if (members.hasField(name)) return members.getField(name)
    const { underlying } = members
    if (typeof underlying === 'object' && underlying !== null) return fieldOf(environment, underlying, name, site)
  } else if (!Array.isArray(receiver) && !(receiver instanceof Uint8Array) && !(receiver instanceof GoInteger)) {
    return entryOf(environment, receiver, name, site)
  }
  return noSuchField(receiver, name, site)
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

function entryOf(environment: Environment, map: object, name: string, site: FieldSite): unknown {
  const value = (map as Record<string, unknown>)[name]
  if (value !== undefined && Object.hasOwn(map, name)) return value
  return missing(environment, name, site)
}

function missing(environment: Environment, name: string, site: FieldSite): unknown {
  if (environment.missingKey === 'default') return undefined
  if (environment.missingKey === 'zero') return null
  return failAt(site, site.node, `map has no entry for key ${quote(name)}`)
}

function fieldOfNoObject(environment: Environment, receiver: unknown, name: string, site: FieldSite): unknown {
  if (receiver === null) return failAt(site, site.node, `nil pointer evaluating interface {}.${name}`)
  if (receiver !== undefined) return noSuchField(receiver, name, site)
  if (environment.missingKey !== 'error') return undefined
  return failAt(site, site.node, `nil data; no entry for key ${quote(name)}`)
}

function noSuchField(receiver: unknown, name: string, site: FieldSite): never {
  const type = site.isInterface ? 'interface {}' : typeOf(receiver)
  return failAt(site, site.node, `can't evaluate field ${name} in type ${type}`)
}

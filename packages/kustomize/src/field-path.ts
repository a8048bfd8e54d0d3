import { stringifyV3 } from '@slipway/go-yaml'
import type { JsonObject } from '@slipway/kube-objects'
import { KustomizeError, prefixed } from './fault.ts'
import { splitPath } from './field-spec.ts'
import { compileRegex } from './regex.ts'
import { assign, demandKind, emptyMap, isMap, isNull, plain, textOf } from './values.ts'

/** A place whose value can be read and set. */
export interface Slot {
  readonly holder: JsonObject | unknown[]
  readonly key: string | number
}

export function read({ holder, key }: Slot): unknown {
  return (holder as Record<string | number, unknown>)[key]
}

export function write({ holder, key }: Slot, value: unknown): void {
  assign(holder as JsonObject, String(key), value)
}

/** Parts of `spec.containers.[name=a.b].image` (utils.SmarterPathSplitter): dots inside brackets do not count. */
export function splitFieldPath(path: string): string[] {
  const parts = splitPath(path, '.')
  const result: string[] = []
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? ''
    if (!part.startsWith('[') || part.endsWith(']')) {
      result.push(part)
      continue
    }
    const bracketed = [part]
    while (i < parts.length - 1) {
      const next = parts[++i] ?? ''
      bracketed.push(next)
      if (next.endsWith(']')) break
    }
    const text = bracketed.join('.')
    result.push(text.includes('=') ? text : text.replace(/^[[\]]+|[[\]]+$/g, ''))
  }
  return result
}

const isIndex = (part: string): boolean => /^\+?\d+$/.test(part)
const isCondition = (part: string): boolean => part.startsWith('[') && part.endsWith(']')

function conditionOf(part: string): [string, string] {
  const text = part.slice(1, -1)
  const equals = text.indexOf('=')
  if (equals < 0) {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      'list path element must contain fieldName=fieldValue for element to match',
    )
  }
  return [text.slice(0, equals), text.slice(equals + 1)]
}

/** The value at a path, undefined when there is none (kyaml's PathGetter). */
export function lookup(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const part of path.map((text) => text.trim()).filter(Boolean)) {
    if (isNull(value)) return undefined
    value = step(value, part)
  }
  return isNull(value) ? undefined : value
}

function step(value: unknown, part: string): unknown {
  if (/^[-+]?\d+$/.test(part)) {
    if (Number(part) < 0)
      throw new KustomizeError('KUSTOMIZE_INVALID', `array index ${Number(part)} cannot be negative`)
    demandKind('list', value)
    return (value as unknown[])[Number(part)]
  }
  if (part === '-') {
    demandKind('list', value)
    return (value as unknown[]).at(-1)
  }
  if (part === '*') throw new KustomizeError('KUSTOMIZE_INVALID', 'wildcard is not supported in PathGetter')
  if (isCondition(part)) {
    const [field, wanted] = conditionOf(part)
    demandKind('list', value)
    return (value as unknown[]).find((item) =>
      field === '' ? textOf(item) === wanted : isMap(item) && field in item && textOf(item[field]) === wanted,
    )
  }
  demandKind('map', value)
  return (value as JsonObject)[part]
}

/** What to make where a path leads nowhere. */
export type Maker = () => unknown

/** All places that a path with conditions and wildcards leads to; with `make` those that are missing are made (kyaml's PathMatcher). */
export function matchPath(object: JsonObject, path: readonly string[], make?: Maker): Slot[] {
  return new PathMatch(path, make).from({ holder: [object], key: 0 }, 0)
}

class PathMatch {
  readonly #path: readonly string[]
  readonly #make: Maker | undefined

  constructor(path: readonly string[], make: Maker | undefined) {
    this.#path = path
    this.#make = make
  }

  from(slot: Slot, at: number): Slot[] {
    const part = this.#path[at]
    if (part === undefined) return [slot]
    if (isIndex(part)) return this.#index(slot, Number(part), at)
    if (isCondition(part)) return this.#condition(slot, part, at)
    if (part === '*') return this.#elements(slot).flatMap((item) => this.from(item, at + 1))
    return this.#field(slot, part, at)
  }

  /** What comes to be where the next part of the path goes on. */
  #made(at: number): unknown {
    const next = this.#path[at + 1]
    if (next === undefined) return this.#make?.()
    return isIndex(next) || isCondition(next) ? [] : emptyMap()
  }

  #field(slot: Slot, field: string, at: number): Slot[] {
    let value = read(slot)
    if (isNull(value)) {
      if (!this.#make) return []
      value = emptyMap()
      write(slot, value)
    }
    demandKind('map', value)
    const map = value as JsonObject
    if (!(field in map)) {
      if (!this.#make) return []
      map[field] = this.#made(at)
    }
    return this.from({ holder: map, key: field }, at + 1)
  }

  #elements(slot: Slot): Slot[] {
    const list = read(slot)
    demandKind('list', list)
    return isNull(list) ? [] : (list as unknown[]).map((_, key) => ({ holder: list as unknown[], key }))
  }

  #index(slot: Slot, index: number, at: number): Slot[] {
    const elements = this.#elements(slot)
    const list = read(slot)
    if (elements.length === index && this.#make && Array.isArray(list)) {
      list.push(this.#made(at))
      elements.push({ holder: list, key: index })
    }
    const element = elements[index]
    if (!element) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `index ${index} specified but only ${elements.length} elements found`,
      )
    }
    return this.from(element, at + 1)
  }

  #condition(slot: Slot, part: string, at: number): Slot[] {
    const [field, pattern] = conditionOf(part)
    const regex = compileRegex(pattern)
    const search = (): Slot[] =>
      this.#elements(slot).flatMap((element) => {
        const item = read(element)
        if (field === '') return regex.test(printed(item)) ? [element] : []
        if (!isMap(item) || !(field in item) || !regex.test(printed(item[field]))) return []
        return this.from(element, at + 1)
      })
    const found = search()
    const list = read(slot)
    if (found.length > 0 || !this.#make || !Array.isArray(list)) return found
    prefixed(`failed to create element for "${part}"`, () => {
      list.push(field === '' ? pattern : Object.assign(emptyMap(), { [field]: pattern }))
    })
    return search()
  }
}

/** A value as YAML, which patterns are matched with. */
function printed(value: unknown): string {
  const text = textOf(value)
  if (typeof value !== 'string' && text !== '') return text
  return stringifyV3(plain(value)).trim()
}

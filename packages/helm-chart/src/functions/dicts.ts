import {
  GoInteger,
  isMap,
  isNilCollection,
  isTemplateObject,
  sortedKeys,
  spend,
  typeOf,
  underlyingOf,
  withSignature,
  withType,
} from '@slipway/go-template'
import { emptyValues, type Values } from '../values/value.ts'
import { checkDepth } from './depth.ts'
import { tableOf } from './kinds.ts'
import { bytesPerEntry, mergeInto } from './merge.ts'
import type { FunctionTable } from './table.ts'
import { strval } from './text.ts'
import { valuesObject } from './values-object.ts'

const variadic = { variadic: true }

function dict(...args: unknown[]): Values {
  const map = emptyValues()
  for (let i = 0; i < args.length; i += 2) map[strval(args[i])] = i + 1 < args.length ? (args[i + 1] ?? null) : ''
  return map
}

function merge(overwrite: boolean) {
  return withSignature(
    ['map', 'map'],
    (dest: unknown, ...sources: unknown[]) => {
      const target = tableOf(dest)
      for (const source of sources) mergeInto(target, tableOf(source), overwrite)
      return target
    },
    variadic,
  )
}

function pick(map: unknown, ...keys: string[]): Values {
  const source = tableOf(map)
  const picked = emptyValues()
  for (const key of keys) if (Object.hasOwn(source, key)) picked[key] = source[key]
  return picked
}

function omit(map: unknown, ...keys: string[]): Values {
  const source = tableOf(map)
  const left = new Set(keys)
  const kept = emptyValues()
  spend(Object.keys(source).length * bytesPerEntry)
  for (const key of Object.keys(source)) if (!left.has(key)) kept[key] = source[key]
  return kept
}

function dig(...args: unknown[]): unknown {
  if (args.length < 3) throw new Error('dig needs at least three arguments')
  let step = asserted('map[string]interface {}', args.at(-1)) as Values
  const keys = args.slice(0, -2).map((key) => asserted('string', key) as string)
  for (const [index, key] of keys.entries()) {
    if (!Object.hasOwn(step, key)) return args.at(-2)
    if (index === keys.length - 1) return step[key]
    step = asserted('map[string]interface {}', step[key]) as Values
  }
  return step
}

/** Go's type assertion, with the words of its panic. */
function asserted(type: string, value: unknown): unknown {
  if (goTypeName(value) === type) return value
  throw new Error(`interface conversion: interface {} is ${goTypeName(value)}, not ${type}`)
}

function goTypeName(value: unknown): string {
  return value === null || value === undefined ? 'nil' : typeOf(value)
}

function copyOf(value: unknown): unknown {
  if (value === null || value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value')
  return deepCopy(value)
}

/** A copy of maps and lists; structs of the engine never change and stay what they are. */
export function deepCopy(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof GoInteger || isNilCollection(value)) return value
  spend(bytesPerEntry)
  checkDepth(depth)
  if (isTemplateObject(value)) {
    const inner = underlyingOf(value)
    if (!isMap(inner)) return value
    // Helm 3 keeps the type, Helm 4 does not.
    if (value.typeName === 'common.Values') return deepCopy(inner, depth + 1)
    return value.typeName === 'chartutil.Values' ? valuesObject(deepCopy(inner, depth + 1) as Values, 'helm3') : value
  }
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  const type = typeOf(value)
  if (Array.isArray(value)) {
    spend(value.length * 8)
    return withType(
      value.map((item) => deepCopy(item, depth + 1)),
      type,
    )
  }
  const copy = emptyValues()
  spend(Object.keys(value).length * bytesPerEntry)
  for (const key of Object.keys(value)) copy[key] = deepCopy((value as Values)[key], depth + 1)
  return type === 'map[string]interface {}' ? copy : withType(copy, type)
}

/** Sprig's functions on maps. */
export const dictFunctions: FunctionTable = {
  dict: withSignature(['any'], dict, variadic),
  get: withSignature(['map', 'string'], (map: unknown, key: string) => {
    const table = tableOf(map)
    return Object.hasOwn(table, key) ? table[key] : ''
  }),
  set: withSignature(['map', 'string', 'any'], (map: unknown, key: string, value: unknown) => {
    if (map === null || isNilCollection(map)) throw new Error('assignment to entry in nil map')
    const table = tableOf(map)
    spend(bytesPerEntry)
    table[key] = value ?? null
    return map
  }),
  unset: withSignature(['map', 'string'], (map: unknown, key: string) => {
    delete tableOf(map)[key]
    return map
  }),
  hasKey: withSignature(['map', 'string'], (map: unknown, key: string) => Object.hasOwn(tableOf(map), key)),
  pluck: withSignature(
    ['string', 'map'],
    (key: string, ...maps: unknown[]) =>
      maps
        .map(tableOf)
        .filter((map) => Object.hasOwn(map, key))
        .map((map) => map[key]),
    variadic,
  ),
  keys: withSignature(
    ['map'],
    (...maps: unknown[]) =>
      withType(
        maps.flatMap((map) => sortedKeys(tableOf(map))),
        '[]string',
      ),
    variadic,
  ),
  pick: withSignature(['map', 'string'], pick, variadic),
  omit: withSignature(['map', 'string'], omit, variadic),
  merge: merge(false),
  mustMerge: merge(false),
  mergeOverwrite: merge(true),
  mustMergeOverwrite: merge(true),
  values: withSignature(['map'], (map: unknown) => {
    const table = tableOf(map)
    return sortedKeys(table).map((key) => table[key])
  }),
  deepCopy: withSignature(['any'], copyOf),
  mustDeepCopy: withSignature(['any'], copyOf),
  dig: withSignature(['any'], dig, variadic),
}

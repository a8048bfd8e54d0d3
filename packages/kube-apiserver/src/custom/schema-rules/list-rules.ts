import type { FieldError } from '../../api/status.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../validation/field-errors.ts'
import { repeats } from '../../validation/repeats.ts'
import { isSchema, type JsonSchema } from './json-schema.ts'

const LIST_TYPE = 'x-kubernetes-list-type'
const LIST_KEYS = 'x-kubernetes-list-map-keys'
const MAP_TYPE = 'x-kubernetes-map-type'

export function mapTypeFaults(schema: JsonSchema, path: string): FieldError[] {
  const { [MAP_TYPE]: mapType } = schema
  if (mapType === undefined) return []
  return [...mustBe(schema, 'object', MAP_TYPE, path), ...oneOf(`${path}.${MAP_TYPE}`, mapType, ['atomic', 'granular'])]
}

/** What sets and maps, which lists may be, ask of their items and keys. */
export function listFaults(schema: JsonSchema, path: string): FieldError[] {
  const { [LIST_TYPE]: listType, [LIST_KEYS]: keys } = schema
  const faults: FieldError[] = []
  if (listType !== undefined) {
    faults.push(...mustBe(schema, 'array', LIST_TYPE, path))
    if (schema.type === 'array' && listType === 'set') faults.push(...setFaults(schema, path))
    faults.push(...oneOf(`${path}.${LIST_TYPE}`, listType, ['atomic', 'set', 'map']))
  }
  if (keys && listType !== 'map') {
    const why = `must be map if ${LIST_KEYS} is non-empty`
    const at = `${path}.${LIST_TYPE}`
    faults.push(listType === undefined ? required(at, why) : invalidValue(at, listType, why))
  }
  if (listType === 'map') faults.push(...mapFaults(schema, path), ...keyFaults(schema, path))
  if (listType === 'map' || listType === 'set') faults.push(...mergedItemFaults(schema, path))
  return faults
}

function mustBe({ type }: JsonSchema, wanted: string, because: string, path: string): FieldError[] {
  if (type === wanted) return []
  const why = `must be ${wanted} if ${because} is specified`
  return [type ? invalidValue(`${path}.type`, type, why) : required(`${path}.type`, why)]
}

const oneOf = (field: string, value: string, supported: string[]): FieldError[] =>
  supported.includes(value) ? [] : [notSupported(field, value, supported)]

/** The items of a set are compared as a whole. */
function setFaults({ items }: JsonSchema, path: string): FieldError[] {
  if (!isSchema(items)) return []
  const { [LIST_TYPE]: listType, [MAP_TYPE]: mapType } = items
  const why = `must be atomic as item of a list with ${LIST_TYPE}=set`
  const fault = (field: string): FieldError[] => [invalidValue(`${path}.items.${field}`, listType, why)]
  if (items.type === 'array') return listType !== undefined && listType !== 'atomic' ? fault(LIST_TYPE) : []
  return items.type === 'object' && mapType !== 'atomic' ? fault(MAP_TYPE) : []
}

function mapFaults({ items, [LIST_KEYS]: keys }: JsonSchema, path: string): FieldError[] {
  const faults: FieldError[] = []
  if (!keys) faults.push(required(`${path}.${LIST_KEYS}`, `must not be empty if ${LIST_TYPE} is map`))
  if (!items) return [...faults, required(`${path}.items`, `must have a schema if ${LIST_TYPE} is map`)]
  if (!isSchema(items)) {
    return [...faults, invalidValue(`${path}.items`, items, `must only have a single schema if ${LIST_TYPE} is map`)]
  }
  if (items.type === 'object') return faults
  const why = `must be object if parent array's ${LIST_TYPE} is map`
  return [...faults, invalidValue(`${path}.items.type`, items.type ?? '', why)]
}

function keyFaults({ items, [LIST_KEYS]: keys = [] }: JsonSchema, path: string): FieldError[] {
  if (!isSchema(items) || items.type !== 'object') return []
  const at = `${path}.${LIST_KEYS}`
  const repeated = repeats(keys)
  return keys.flatMap((key, index) => {
    const type = items.properties?.[key]?.type
    const isKnown = items.properties !== undefined && Object.hasOwn(items.properties, key)
    const why = `must be a scalar type if parent array's ${LIST_TYPE} is map`
    return [
      ...(type === 'array' || type === 'object'
        ? [invalidValue(`${path}.items.properties[${key}].type`, items.type, why)]
        : []),
      ...(isKnown ? [] : [invalidValue(at, keys, 'entries must all be names of item properties')]),
      ...(repeated[index] ? [invalidValue(at, keys, 'must not contain duplicate entries')] : []),
    ]
  })
}

/** Items that are told apart are never null, and each has its keys. */
function mergedItemFaults(schema: JsonSchema, path: string): FieldError[] {
  const { items, [LIST_TYPE]: listType, [LIST_KEYS]: keys = [] } = schema
  if (!isSchema(items)) return []
  const faults = items.nullable
    ? [forbiddenField(`${path}.items.nullable`, `cannot be nullable when ${LIST_TYPE} is ${listType}`)]
    : []
  if (listType !== 'map') return faults
  const because = `this property is in ${LIST_KEYS}, so it`
  for (const key of keys) {
    const property = items.properties?.[key]
    if (!property) continue
    const at = `${path}.items.properties[${key}]`
    if (!items.required?.includes(key) && property.default === undefined) {
      faults.push(required(`${at}.default`, `${because} must have a default or be a required property`))
    }
    if (property.nullable) faults.push(forbiddenField(`${at}.nullable`, `${because} cannot be nullable`))
  }
  return faults
}

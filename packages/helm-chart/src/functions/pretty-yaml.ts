import { GoInteger, isNilCollection, isTemplateObject, spend, TemplateObject, underlyingOf } from '@slipway/go-template'
import { PlainScalar, stringifyV3 } from '@slipway/go-yaml'
import { formatTime } from '../time/format.ts'
import { rfc3339Nano } from '../time/layout.ts'
import { emptyValues, type Values } from '../values/value.ts'
import { checkDepth } from './depth.ts'
import { bytesPerValue, textForm } from './plain.ts'
import { instantIn } from './time.ts'

/** YAML as goyaml v3 writes it by itself, which knows Go's types and not what they are in JSON: Helm's toYamlPretty. */
export function toPrettyYaml(value: unknown): string {
  return stringifyV3(yamlData(value)).replace(/\n$/, '')
}

function yamlData(value: unknown, depth = 0): unknown {
  checkDepth(depth)
  spend(typeof value === 'string' ? value.length + bytesPerValue : bytesPerValue)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => yamlData(item, depth + 1))
  if (value instanceof GoInteger) return value.value
  if (value instanceof Uint8Array) return Array.from(value, BigInt)
  if (isTemplateObject(value)) return objectData(value, depth)
  const map: Values = emptyValues()
  if (!isNilCollection(value)) for (const [key, item] of Object.entries(value)) map[key] = yamlData(item, depth + 1)
  return map
}

/** Dates are plain, types with a text are that text, and structs have their fields by small names. */
function objectData(object: TemplateObject, depth: number): unknown {
  const instant = instantIn(object)
  if (instant) return new PlainScalar(formatTime(instant, rfc3339Nano))
  const text = textForm(object)
  if (text !== undefined) return text
  const inner = underlyingOf(object)
  if (inner !== object) return yamlData(inner, depth + 1)
  const members = TemplateObject.membersOf(object)
  const fields = (members?.fieldNames ?? []).filter((name) => members?.hasField(name))
  return new Map(fields.map((name) => [name.toLowerCase(), yamlData(members?.getField(name), depth + 1)]))
}

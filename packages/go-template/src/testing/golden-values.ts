import { bytesOf } from '../utf8.ts'
import { GoInteger } from '../values.ts'

/** JSON of a golden file as Go values: `{"$int": 1}`, `{"$int64": 1}`, `{"$uint8": 1}`, `{"$big": "..."}`, `{"$bytes": "..."}` stand for what JSON lacks. */
export function goValueOf(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(goValueOf)
  if (typeof json !== 'object' || json === null) return json
  const [[key, value] = ['', undefined]] = Object.entries(json)
  switch (key) {
    case '$int':
    case '$big':
      return BigInt(value as string | number)
    case '$int64':
      return new GoInteger('int64', BigInt(value as number))
    case '$uint8':
      return new GoInteger('uint8', BigInt(value as number))
    case '$bytes':
      return bytesOf(String(value))
    default:
      return Object.assign(
        Object.create(null),
        Object.fromEntries(Object.entries(json).map(([name, entry]) => [name, goValueOf(entry)])),
      )
  }
}

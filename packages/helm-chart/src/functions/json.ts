import { asNil, isMap, spend, withSignature } from '@slipway/go-template'
import { parseJson, readJson } from '../json/read.ts'
import { writeJson } from '../json/write.ts'
import { emptyValues } from '../values/value.ts'
import { orEmpty } from './or-empty.ts'
import { bytesPerCharacterRead } from './plain.ts'
import type { FunctionTable } from './table.ts'

function kindName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return { string: 'string', number: 'number', boolean: 'bool' }[typeof value as string] ?? 'object'
}

/** Helm's fromJson: what is no object gives a map with the reason under `Error`. */
function fromJsonObject(text: string): unknown {
  try {
    return readJsonAs(text, isMap, 'map[string]interface {}') ?? asNil(emptyValues())
  } catch (error) {
    return Object.assign(emptyValues(), { Error: (error as Error).message })
  }
}

function fromJsonArray(text: string): unknown {
  try {
    return readJsonAs(text, Array.isArray, '[]interface {}') ?? asNil([])
  } catch (error) {
    return [(error as Error).message]
  }
}

/** null, or what the type holds. */
function readJsonAs(text: string, fits: (value: unknown) => boolean, goType: string): unknown {
  spend(text.length * bytesPerCharacterRead)
  const value = parseJson(text)
  if (value === null) return null
  if (fits(value)) return readJson(text)
  throw new Error(`json: cannot unmarshal ${kindName(value)} into Go value of type ${goType}`)
}

const pretty = { indent: 2 }
const raw = { rawHtml: true }

/** JSON as Helm and Sprig read and write it. */
export const jsonFunctions: FunctionTable = {
  toJson: withSignature(['any'], (value: unknown) => orEmpty(() => writeJson(value))),
  mustToJson: withSignature(['any'], (value: unknown) => writeJson(value)),
  toPrettyJson: withSignature(['any'], (value: unknown) => orEmpty(() => writeJson(value, pretty))),
  mustToPrettyJson: withSignature(['any'], (value: unknown) => writeJson(value, pretty)),
  toRawJson: withSignature(['any'], (value: unknown) => writeJson(value, raw)),
  mustToRawJson: withSignature(['any'], (value: unknown) => writeJson(value, raw)),
  fromJson: withSignature(['string'], fromJsonObject),
  mustFromJson: withSignature(['string'], (text: string) => {
    spend(text.length * bytesPerCharacterRead)
    return readJson(text)
  }),
  fromJsonArray: withSignature(['string'], fromJsonArray),
}

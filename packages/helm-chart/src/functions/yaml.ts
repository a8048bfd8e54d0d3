import { isMap, spend, withSignature } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import { mismatchText } from '../json/decode.ts'
import { emptyValues } from '../values/value.ts'
import { readYaml } from '../yaml.ts'
import { orEmpty } from './or-empty.ts'
import { bytesPerCharacterRead, plain } from './plain.ts'
import { toPrettyYaml } from './pretty-yaml.ts'
import type { FunctionTable } from './table.ts'

function toYaml(value: unknown): string {
  return stringify(asJson(value)).replace(/\n$/, '')
}

/** The value as JSON has it, which sigs.k8s.io/yaml goes through and names in its errors. */
function asJson(value: unknown): unknown {
  try {
    return plain(value)
  } catch (error) {
    if (error instanceof RangeError) throw error
    throw new Error(`error marshaling into JSON: ${reasonOf(error)}`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function fromYaml(text: string): unknown {
  return read(text, 'map[string]interface {}', isMap, (reason) =>
    Object.assign(emptyValues(), reason !== undefined && { Error: reason }),
  )
}

function fromYamlArray(text: string): unknown {
  return read(text, '[]interface {}', Array.isArray, (reason) => (reason === undefined ? [] : [reason]))
}

function read(
  text: string,
  goType: string,
  fits: (value: unknown) => boolean,
  otherwise: (reason?: string) => unknown,
): unknown {
  spend(text.length * bytesPerCharacterRead)
  let value: unknown
  try {
    value = readYaml(text)
  } catch (error) {
    return otherwise(reasonOf(error))
  }
  if (value === null || value === undefined) return otherwise()
  if (fits(value)) return value
  return otherwise(mismatchText(value, goType))
}

/** YAML as Helm reads and writes it in templates. */
export const yamlFunctions: FunctionTable = {
  toYaml: withSignature(['any'], (value: unknown) => orEmpty(() => toYaml(value))),
  mustToYaml: withSignature(['any'], toYaml),
  toYamlPretty: withSignature(['any'], (value: unknown) => orEmpty(() => toPrettyYaml(value))),
  fromYaml: withSignature(['string'], fromYaml),
  fromYamlArray: withSignature(['string'], fromYamlArray),
}

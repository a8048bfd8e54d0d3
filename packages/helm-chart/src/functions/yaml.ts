import { isMap, withSignature } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import { readYaml } from '../yaml.ts'
import { plain } from './plain.ts'
import type { FunctionTable } from './table.ts'

function toYaml(value: unknown): string {
  return stringify(plain(value)).replace(/\n$/, '')
}

function orEmpty(write: () => string): string {
  try {
    return write()
  } catch {
    return ''
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function fromYaml(text: string): unknown {
  return read(text, 'map[string]interface {}', isMap, (reason) =>
    Object.assign(Object.create(null), reason && { Error: reason }),
  )
}

function fromYamlArray(text: string): unknown {
  return read(text, '[]interface {}', Array.isArray, (reason) => (reason ? [reason] : []))
}

function read(
  text: string,
  goType: string,
  fits: (value: unknown) => boolean,
  otherwise: (reason?: string) => unknown,
): unknown {
  let value: unknown
  try {
    value = readYaml(text)
  } catch (error) {
    return otherwise(reasonOf(error))
  }
  if (value === null || value === undefined) return otherwise()
  if (fits(value)) return value
  const kind = Array.isArray(value)
    ? 'array'
    : ({ string: 'string', number: 'number', boolean: 'bool' }[typeof value as string] ?? 'object')
  return otherwise(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type ${goType}`,
  )
}

/** YAML as Helm reads and writes it in templates. */
export const yamlFunctions: FunctionTable = {
  toYaml: withSignature(['any'], (value: unknown) => orEmpty(() => toYaml(value))),
  mustToYaml: withSignature(['any'], toYaml),
  toYamlPretty: withSignature(['any'], (value: unknown) => orEmpty(() => indentSequences(toYaml(value)))),
  fromYaml: withSignature(['string'], fromYaml),
  fromYamlArray: withSignature(['string'], fromYamlArray),
}

/** yaml.v3's style with two spaces: lists inside maps are indented, which sigs.k8s.io/yaml does not do. */
function indentSequences(yaml: string): string {
  const out: string[] = []
  // For each open list: its column in the input and by how much its lines move.
  const open: { column: number; shift: number }[] = []
  let previousIsKey = false
  for (const line of yaml.split('\n')) {
    const column = line.search(/\S/)
    if (column < 0) {
      out.push(line)
      continue
    }
    const isItem = /^\s*-(\s|$)/.test(line)
    while (open.length > 0 && isAfter(open.at(-1) as { column: number }, column, isItem)) open.pop()
    const shift = open.at(-1)?.shift ?? 0
    if (isItem && open.at(-1)?.column !== column) open.push({ column, shift: previousIsKey ? shift + 2 : shift })
    out.push(' '.repeat(open.at(-1)?.shift ?? 0) + line)
    previousIsKey = /^\s*(- )*[^#]*:$/.test(line)
  }
  return out.join('\n')
}

function isAfter(list: { column: number }, column: number, isItem: boolean): boolean {
  return column < list.column || (column === list.column && !isItem)
}

import {
  compareStrings,
  stringOf,
  type TemplateObject,
  templateObjectOf,
  withSignature,
  withType,
} from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import type { ChartFile } from '../chart/chart.ts'
import { baseName } from '../chart/path.ts'
import { toBase64 } from '../encoding.ts'
import type { FunctionTable } from '../functions/table.ts'
import { emptyValues, type Values } from '../values/value.ts'
import { compileGlob } from './glob.ts'

/** `.Files`: the chart's other files, by name. */
export function filesObject(files: readonly ChartFile[]): TemplateObject {
  const byName = emptyValues() as Record<string, Uint8Array>
  for (const file of files.toSorted((a, b) => compareStrings(a.name, b.name))) byName[file.name] = file.data
  const get = (name: string) => (Object.hasOwn(byName, name) ? byName[name] : undefined) ?? new Uint8Array()
  const asMap = (encode: (data: Uint8Array) => string) => () => {
    const map: Values = emptyValues()
    for (const [name, data] of Object.entries(byName)) map[baseName(name)] = encode(data)
    return stringify(map).replace(/\n$/, '')
  }
  const methods: FunctionTable = {
    Get: withSignature(['string'], (name: string) => stringOf(get(name))),
    GetBytes: withSignature(['string'], get),
    Glob: withSignature(['string'], (pattern: string) => filesObject(matching(files, pattern))),
    AsConfig: withSignature([], asMap(stringOf)),
    AsSecrets: withSignature([], asMap(toBase64)),
    Lines: withSignature(['string'], (name: string) => linesOf(get(name))),
  }
  return templateObjectOf({
    typeName: 'engine.files',
    underlying: withType(byName, 'map[string][]uint8'),
    hasField: () => false,
    getField: () => undefined,
    getMethod: (name) => (Object.hasOwn(methods, name) ? methods[name] : undefined),
  })
}

// A pattern that cannot be read matches everything, as in Helm.
function matching(files: readonly ChartFile[], pattern: string): ChartFile[] {
  try {
    const matches = compileGlob(pattern)
    return files.filter((file) => matches(file.name))
  } catch {
    return [...files]
  }
}

function linesOf(data: Uint8Array): string[] {
  if (data.length === 0) return withType([], '[]string')
  return withType(stringOf(data).replace(/\n$/, '').split('\n'), '[]string')
}

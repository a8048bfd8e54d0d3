import { stringOf, type TemplateObject, templateObjectOf, withType } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import type { ChartFile } from '../chart/chart.ts'
import { baseName } from '../chart/path.ts'
import { compareStrings, toBase64 } from '../encoding.ts'
import { emptyValues, type Values } from '../values/value.ts'
import { compileGlob } from './glob.ts'

/** `.Files`: the chart's other files, by name. */
export function filesObject(files: readonly ChartFile[]): TemplateObject {
  const byName = emptyValues() as Record<string, Uint8Array>
  for (const file of files.toSorted((a, b) => compareStrings(a.name, b.name))) byName[file.name] = file.data
  const get = (name: unknown) => {
    const key = String(name)
    return (Object.hasOwn(byName, key) ? byName[key] : undefined) ?? new Uint8Array()
  }
  const asMap = (encode: (data: Uint8Array) => string) => () => {
    const map: Values = emptyValues()
    for (const [name, data] of Object.entries(byName)) map[baseName(name)] = encode(data)
    return stringify(map).replace(/\n$/, '')
  }
  const methods: Record<string, (...args: unknown[]) => unknown> = {
    Get: (name) => stringOf(get(name)),
    GetBytes: get,
    Glob: (pattern) => filesObject(matching(files, String(pattern))),
    AsConfig: asMap(stringOf),
    AsSecrets: asMap(toBase64),
    Lines: (name) => linesOf(get(name)),
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

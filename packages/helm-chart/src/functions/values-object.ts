import { quote, type TemplateObject, templateObjectOf, withSignature } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import type { Compat } from '../compat.ts'
import { scalarAt, tableAt, type Values } from '../values/value.ts'
import type { FunctionTable } from './table.ts'

/** Go's package of Helm's types for values. */
export function packageOf(compat: Compat): string {
  return compat === 'helm3' ? 'chartutil' : 'common'
}

/** `.Values`: a map with the methods of Helm's type. */
export function valuesObject(values: Values, compat: Compat): TemplateObject {
  const lastPart = (path: string) => quote(path.split('.').at(-1) ?? '')
  const methods: FunctionTable = {
    AsMap: withSignature([], () => values),
    Table: withSignature(['string'], (path: string) => {
      const table = tableAt(values, path)
      if (!table) throw new Error(`${lastPart(path)} is not a table`)
      return valuesObject(table, compat)
    }),
    PathValue: withSignature(['string'], (path: string) => {
      const value = scalarAt(values, path)
      if (value === undefined) throw new Error(`${lastPart(path)} is not a value`)
      return value
    }),
    YAML: withSignature([], () => stringify(values)),
  }
  return templateObjectOf({
    typeName: `${packageOf(compat)}.Values`,
    underlying: values,
    hasField: () => false,
    getField: () => undefined,
    getMethod: (name) => (Object.hasOwn(methods, name) ? methods[name] : undefined),
  })
}

import type { Spec } from '../defaults/spec.ts'

/** The fields of a struct by their names in Go, in its order: each is that in JSON, with what Go has when it is not set, or a struct inside. */
export interface GoFields {
  readonly [name: string]: string | readonly [field: string, zero: unknown] | GoStructField
}
interface GoStructField {
  readonly field: string
  readonly fields: GoFields
}

/** A struct as Kubernetes shows it in a cause: its own types have no names for JSON. */
export function goStruct(value: Spec | undefined, fields: GoFields): Spec | null {
  if (!value) return null
  const shown = Object.entries(fields).map(([name, of]) => {
    if (typeof of === 'string') return [name, value[of] ?? null]
    if ('fields' in of) return [name, goStruct(value[of.field], of.fields)]
    return [name, value[of[0]] ?? of[1]]
  })
  return Object.fromEntries(shown) as Spec
}

import { type GoFunction, type TemplateObject, templateObjectOf } from '@slipway/go-template'
import { emptyValues, type Values } from '../values/value.ts'
import { inStructOrder, withSerialForm } from './plain.ts'

/** A Go struct. */
export interface StructParts {
  /** Go's name of the type, e.g. `*chart.Metadata`. */
  readonly typeName: string
  /** In order. Those with a small first letter are printed, and seen by nobody else. */
  readonly fields?: Readonly<Record<string, unknown>>
  readonly methods?: Readonly<Record<string, GoFunction>>
  /** What equal ones have in common, where Go can compare them: structs without slices, maps and functions. */
  readonly identity?: () => unknown
  /** Its String method. */
  readonly text?: () => string
  /** The String method of a pointer to it. */
  readonly pointerText?: () => string
  /** What toYaml and toJson see. @default its fields */
  readonly serial?: () => unknown
}

/** Makes a struct that templates can use. */
export function structOf({
  typeName,
  fields = {},
  methods = {},
  identity,
  text,
  pointerText,
  serial,
}: StructParts): TemplateObject {
  const isExported = (name: string) => /^[A-Z]/.test(name) && Object.hasOwn(fields, name)
  const object = templateObjectOf({
    typeName,
    fieldNames: Object.keys(fields),
    hasField: isExported,
    getField: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    getMethod: (name) => (Object.hasOwn(methods, name) ? methods[name] : undefined),
    ...(identity && { identity }),
    ...(text && { toGoString: text }),
    ...(pointerText && { toPointerString: pointerText }),
  })
  const exported = () => Object.fromEntries(Object.entries(fields).filter(([name]) => isExported(name)))
  return withSerialForm(object, serial ?? (() => serialFields(exported())))
}

function serialFields(fields: Readonly<Record<string, unknown>>): Values {
  return inStructOrder(Object.assign(emptyValues(), fields))
}

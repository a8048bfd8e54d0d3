import { type GoFunction, type TemplateObject, templateObjectOf } from '@slipway/go-template'
import { emptyValues, type Values } from '../values/value.ts'
import { inStructOrder, withSerialForm } from './plain.ts'

/** A Go struct of these fields and methods; toYaml and toJson show the fields, or the text when it prints as one. */
export function structOf(
  typeName: string,
  fields: Readonly<Record<string, unknown>>,
  methods: Readonly<Record<string, (...args: unknown[]) => unknown>> = {},
  print?: () => string,
): TemplateObject {
  const object = templateObjectOf({
    typeName,
    hasField: (name) => Object.hasOwn(fields, name),
    getField: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    getMethod: (name) => (Object.hasOwn(methods, name) ? (methods[name] as GoFunction) : undefined),
    ...(print && { toGoString: print }),
  })
  return withSerialForm(object, () => (Object.keys(fields).length > 0 || !print ? serialFields(fields) : print()))
}

function serialFields(fields: Readonly<Record<string, unknown>>): Values {
  return inStructOrder(Object.assign(emptyValues(), fields))
}

import { rfc1035NameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { invalidValue, required } from '../../validation/field-errors.ts'

const NEEDED = ['plural', 'singular', 'kind', 'listKind']

export function missingNames(names: Spec, path: string): FieldError[] {
  return NEEDED.filter((name) => !names[name]).map((name) => required(`${path}.${name}`))
}

/** What is wrong with the names that a definition wants or has. */
export function nameFaults(names: Spec, path: string): FieldError[] {
  const { kind, listKind, shortNames = [], categories = [] } = names
  return [
    ...['plural', 'singular'].flatMap((name) => (names[name] ? label(names[name], `${path}.${name}`) : [])),
    ...['kind', 'listKind'].flatMap((name) => (names[name] ? kindFaults(names[name], `${path}.${name}`) : [])),
    ...shortNames.flatMap((name: string, index: number) => label(name, `${path}.shortNames[${index}]`)),
    ...(kind && kind === listKind
      ? [invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name: string, index: number) => label(name, `${path}.categories[${index}]`)),
  ]
}

function label(name: string, field: string): FieldError[] {
  const errors = rfc1035NameErrors(name)
  return errors.length === 0 ? [] : [invalidValue(field, name, errors.join(','))]
}

function kindFaults(kind: string, field: string): FieldError[] {
  const errors = rfc1035NameErrors(kind.toLowerCase())
  if (errors.length === 0) return []
  return [invalidValue(field, kind, `may have mixed case, but should otherwise match: ${errors.join(',')}`)]
}

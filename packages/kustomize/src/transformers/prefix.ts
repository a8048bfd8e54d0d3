import { KustomizeError } from '../fault.ts'
import { changeField, type FieldSpec } from '../field-spec.ts'
import { isSelected, type ResId } from '../identity.ts'
import type { Resource } from '../resource.ts'
import { textOf } from '../values.ts'
import type { FieldSpecs, Transformer } from './transformer.ts'

// Kinds whose names are not free to choose.
const FIXED = [
  { kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', kind: 'APIService' },
  { kind: 'Namespace' },
]

/** `namePrefix`. */
export function prefixTransformer({ prefix = '', fieldSpecs }: FieldSpecs & { prefix?: string }): Transformer {
  return affix(
    fieldSpecs,
    (resource) => keep(resource, resource.prefixes, prefix),
    (name) => prefix + name,
  )
}

/** `nameSuffix`. */
export function suffixTransformer({ suffix = '', fieldSpecs }: FieldSpecs & { suffix?: string }): Transformer {
  return affix(
    fieldSpecs,
    (resource) => keep(resource, resource.suffixes, suffix),
    (name) => name + suffix,
  )
}

/** Others may refer to it by the name that it had. */
function keep(resource: Resource, affixes: string[], added: string): void {
  if (added === '') return
  affixes.push(added)
  resource.storePreviousId()
}

function affix(
  fieldSpecs: readonly FieldSpec[] | undefined,
  note: (resource: Resource) => void,
  rename: (name: string) => string,
): Transformer {
  if (!fieldSpecs) throw new KustomizeError('KUSTOMIZE_INVALID', 'fieldSpecs is not expected to be nil')
  return ({ resources }) => {
    for (const resource of resources) {
      const id: ResId = resource.originalId
      if (FIXED.some((fixed) => isSelected(id, fixed))) continue
      for (const spec of fieldSpecs) {
        if (!isSelected(id, spec)) continue
        if (spec.path === 'metadata/name') note(resource)
        changeField(resource, spec, { set: (value) => rename(textOf(value)), make: () => '' })
      }
    }
  }
}

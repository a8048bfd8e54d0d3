import { KustomizeError } from '../fault.ts'
import { changeField } from '../field-spec.ts'
import { describeGvk, isSelected } from '../identity.ts'
import { demandKind } from '../values.ts'
import type { FieldSpecs, Transformer } from './transformer.ts'

type Config = FieldSpecs & { replica?: { name?: string; count?: number } }

/** One entry of `replicas`. */
export function replicaTransformer({ replica = {}, fieldSpecs = [] }: Config): Transformer {
  const { name = '', count = 0 } = replica
  const set = (value: unknown): unknown => {
    demandKind('scalar', value)
    return count
  }
  return (resMap) => {
    let isFound = false
    for (const spec of fieldSpecs) {
      const named = resMap.byAnyId((id) => id.name === name && isSelected(id, spec))
      isFound ||= named.length > 0
      for (const resource of named) changeField(resource, spec, { set, make: () => 0 })
    }
    if (isFound) return
    const kinds = fieldSpecs.map(describeGvk).join(' ')
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `resource with name ${name} does not match a config with the following GVK [${kinds}]`,
    )
  }
}

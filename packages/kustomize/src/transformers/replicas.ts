import { changeField } from '../field-path.ts'
import { REPLICAS } from '../field-specs.ts'
import { identitiesOf, type Resource } from '../resource.ts'

/** One entry of `replicas`; false when no object has the name. */
export function setReplicas(resources: readonly Resource[], { name, count }: { name: string; count: number }): boolean {
  const named = resources.filter((resource) =>
    identitiesOf(resource).some(
      (identity) => identity.name === name && REPLICAS.some(({ kind }) => kind === identity.kind),
    ),
  )
  for (const { object } of named) for (const spec of REPLICAS) changeField(object, spec, () => count)
  return named.length > 0
}

import { KustomizeError } from '../fault.ts'
import { describeGvk, type ResId } from '../identity.ts'
import type { SortOptions } from '../kustomization.ts'
import { LEGACY_ORDER } from '../transformer-config.ts'
import type { Transformer } from './transformer.ts'

/** `sortOptions`; without them the `legacy` order (builtins/SortOrderTransformer). */
export function sortOrderTransformer(options: SortOptions = { order: 'legacy' }): Transformer {
  const { order = '', legacySortOptions } = options
  return (resMap) => {
    if (order !== 'fifo' && order !== 'legacy') {
      throw new KustomizeError('KUSTOMIZE_INVALID', "the field 'sortOptions.order' must be one of [fifo, legacy]")
    }
    if (order === 'fifo') {
      if (!legacySortOptions) return
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
      )
    }
    const ranks = ranksOf(legacySortOptions ?? LEGACY_ORDER)
    const keyed = resMap.resources.map((resource) => {
      const { id } = resource
      return { resource, rank: ranks.get(id.kind) ?? 0, kind: kindKey(id), name: nameKey(id) }
    })
    keyed.sort((a, b) => a.rank - b.rank || compare(a.kind, b.kind) || compare(a.name, b.name))
    resMap.replaceAll(keyed.map(({ resource }) => resource))
  }
}

function ranksOf({
  orderFirst = [],
  orderLast = [],
}: NonNullable<SortOptions['legacySortOptions']>): Map<string, number> {
  const ranks = new Map(orderFirst.map((kind, index) => [kind, index - orderFirst.length]))
  for (const [index, kind] of orderLast.entries()) ranks.set(kind, index + 1)
  return ranks
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const kindKey = ({ group, version, kind }: ResId): string => `${group || '~G'}_${version || '~V'}_${kind || '~K'}`

const nameKey = (id: ResId): string => `${describeGvk(id)}|${id.namespace || '~X'}|${id.name || '~N'}`

import type { DocumentNode } from '../document/nodes.ts'
import type { Filter, Trigger } from '../model.ts'
import type { Problems } from '../problems.ts'
import { type MappingReader, readMapping, readTexts } from './mapping-reader.ts'

const everything = (): Filter => ({ include: [], exclude: [] })

/** `trigger` or `pr`: absent, `none`, a list of branches, or filters. */
export function readTrigger(node: DocumentNode | undefined, key: 'trigger' | 'pr', problems: Problems): Trigger {
  const filters: Trigger & { kind: 'filters' } = {
    kind: 'filters',
    batch: false,
    branches: everything(),
    paths: everything(),
    tags: everything(),
  }
  if (!node) return filters
  if (node.kind === 'scalar' && node.value.toLowerCase() === 'none') return { kind: 'none' }
  if (node.kind === 'scalar' && node.value !== '') {
    problems.error('PIPELINE_VALUE_INVALID', `${key} must be none, a list of branches or a mapping`, node.at)
    return filters
  }
  if (node.kind !== 'mapping') {
    return { ...filters, branches: { include: patterns(node, key, problems), exclude: [] } }
  }
  const reader = readMapping(node, key, problems) as MappingReader
  reader.ignored('enabled', 'autoCancel', 'drafts')
  const trigger: Trigger = {
    kind: 'filters',
    batch: reader.boolean('batch', false),
    branches: readFilter(reader, 'branches'),
    paths: readFilter(reader, 'paths'),
    tags: readFilter(reader, 'tags'),
  }
  reader.finish()
  return trigger
}

function readFilter(parent: MappingReader, key: string): Filter {
  const node = parent.value(key)
  if (!node) return everything()
  if (node.kind !== 'mapping') return { include: patterns(node, key, parent.problems), exclude: [] }
  const reader = parent.mapping(key, key) as MappingReader
  const values = (name: string): string[] => (reader.texts(name) ?? []).map(({ value }) => value)
  const filter = { include: values('include'), exclude: values('exclude') }
  reader.finish()
  return filter
}

function patterns(node: DocumentNode, key: string, problems: Problems): string[] {
  return readTexts(node, key, problems).map(({ value }) => value)
}

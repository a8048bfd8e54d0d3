import type { DocumentNode } from '../document/nodes.ts'
import type { ParameterDefinition } from '../model.ts'
import { own } from '../own.ts'
import type { Problems } from '../problems.ts'
import { readMapping } from './mapping-reader.ts'

const TYPES: Record<string, ParameterDefinition['type']> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  object: 'object',
}

/** The root's `parameters`: the typed list, or the old mapping of names to defaults. */
export function readParameters(node: DocumentNode | undefined, problems: Problems): ParameterDefinition[] {
  if (!node || node.kind === 'scalar') return []
  if (node.kind === 'mapping') {
    return node.entries.map(({ key, value }) => ({
      name: key.value,
      type: value.kind === 'scalar' ? 'string' : 'object',
      default: value,
      at: key.at,
    }))
  }
  return node.items.flatMap((item) => readParameter(item, problems))
}

function readParameter(node: DocumentNode, problems: Problems): ParameterDefinition[] {
  const reader = readMapping(node, 'a parameter', problems)
  if (!reader) return []
  reader.ignored('displayName')
  const name = reader.text('name')
  const typeName = reader.text('type')
  const fallback = reader.value('default')
  const values = reader.texts('values')
  reader.finish()
  if (!name) {
    problems.error('PIPELINE_KEY_MISSING', 'a parameter needs a name', node.at)
    return []
  }
  const type = own(TYPES, typeName?.value ?? 'string')
  if (!type && typeName) {
    const hint = `supported are ${Object.keys(TYPES).join(', ')}`
    problems.error(
      'PIPELINE_NOT_SUPPORTED',
      `parameters of type ${typeName.value} are not supported yet`,
      typeName.at,
      hint,
    )
  }
  return [
    {
      name: name.value,
      type: type ?? 'object',
      at: name.at,
      ...(fallback && { default: fallback }),
      ...(values && { values: values.map(({ value }) => value) }),
    },
  ]
}

import type { DocumentNode } from '../document/nodes.ts'
import type { VariableDefinition } from '../model.ts'
import type { Problems } from '../problems.ts'
import { isEmpty, readMapping } from './mapping-reader.ts'

/** `variables` in its mapping form and its list form. */
export function readVariables(node: DocumentNode | undefined, problems: Problems): VariableDefinition[] {
  if (!node || isEmpty(node)) return []
  if (node.kind === 'scalar') {
    problems.error('PIPELINE_VALUE_INVALID', 'variables must be a mapping or a list', node.at)
    return []
  }
  if (node.kind === 'sequence') return node.items.flatMap((item) => readListed(item, problems))
  return node.entries.flatMap(({ key, value }) => {
    if (value.kind === 'scalar') return [{ name: key.value, value, readonly: false }]
    problems.error('PIPELINE_VALUE_INVALID', `the variable ${key.value} must be a string`, value.at)
    return []
  })
}

function readListed(node: DocumentNode, problems: Problems): VariableDefinition[] {
  const reader = readMapping(node, 'a variable', problems)
  if (!reader) return []
  const group = reader.text('group')
  if (group) {
    const hint = 'write its variables into the file'
    problems.error('PIPELINE_NOT_SUPPORTED', `the variable group ${group.value} is not supported yet`, group.at, hint)
    return []
  }
  reader.notSupported('template')
  if (reader.entry('template')) return []
  const name = reader.text('name')
  const value = reader.text('value')
  const readonly = reader.boolean('readonly', false)
  reader.finish()
  if (name && value) return [{ name: name.value, value, readonly }]
  if (!name) problems.error('PIPELINE_KEY_MISSING', 'a variable of a list needs a name', node.at)
  else problems.error('PIPELINE_KEY_MISSING', `the variable ${name.value} needs a value`, name.at)
  return []
}

import { parse } from '@slipway/go-yaml'

/** Like readYaml, with integers as bigint, which tells them from floats. */
export function readTypedYaml(text: string, file?: string): unknown {
  return parse(text, { duplicateKeys: 'last', integers: 'bigint', ...(file !== undefined && { file }) })
}

/** YAML as Helm reads it everywhere: of a key that comes twice, the last one counts. Throws UserError YAML_INVALID. */
export function readYaml(text: string, file?: string): unknown {
  return parse(text, { duplicateKeys: 'last', ...(file !== undefined && { file }) })
}

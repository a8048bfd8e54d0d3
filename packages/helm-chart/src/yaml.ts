import { bytesOf } from '@slipway/go-template'
import { parse } from '@slipway/go-yaml'

/** Like readYaml, with integers as bigint, which tells them from floats. */
export function readTypedYaml(text: string, file?: string): unknown {
  return parse(fromUtf16(text), { duplicateKeys: 'last', integers: 'bigint', ...(file !== undefined && { file }) })
}

/** YAML as Helm reads it everywhere: of a key that comes twice, the last one counts. Throws UserError YAML_INVALID. */
export function readYaml(text: string, file?: string): unknown {
  return parse(fromUtf16(text), { duplicateKeys: 'last', ...(file !== undefined && { file }) })
}

/** What begins with the byte order mark of UTF-16 is that, as some editors write it and as goyaml reads it. */
function fromUtf16(text: string): string {
  const mark = text.slice(0, 2)
  if (mark !== '\udcff\udcfe' && mark !== '\udcfe\udcff') return text
  return new TextDecoder(mark === '\udcff\udcfe' ? 'utf-16le' : 'utf-16be').decode(bytesOf(text))
}

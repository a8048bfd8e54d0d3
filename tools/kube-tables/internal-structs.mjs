// packages/kube-apiserver/src/generated/internal-structs.ts: the structs as which Kubernetes holds objects. They have no names for JSON, and
// some fields stand elsewhere than in the API; causes of refusals show them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importsOf, qualified, shapeOf } from './go-structs.mjs'
import { writePackedTable } from './packed-table.mjs'

/** What is shown, with all that is inside. */
const SHOWN = [
  'core.PodSpec',
  'core.PodTemplateSpec',
  'core.EphemeralContainer',
  'core.PersistentVolumeSource',
  'core.PersistentVolumeClaimSpec',
  'core.VolumeNodeAffinity',
  'core.NodeSelectorTerm',
  'batch.PodFailurePolicy',
  'batch.SuccessPolicy',
]

/** Those that are shown as the API has them. */
const OF_API = [
  'meta/v1.ObjectMeta',
  'meta/v1.OwnerReference',
  'meta/v1.LabelSelector',
  'meta/v1.LabelSelectorRequirement',
]

const ZEROS = { string: '', bool: false, int: 0, int32: 0, int64: 0, 'types.UID': '', 'resource.Quantity': '0' }

/** `modules` is Go's module cache below `k8s.io`, `version` that of its modules; `api` are the structs of the API. */
export function writeInternalStructs(modules, version, api) {
  const folder = join(modules, `kubernetes@${version.replace(/^v0/, 'v1')}`, 'pkg/apis')
  const [structs, aliases] = [{}, {}]
  for (const group of ['core', 'batch']) {
    const read = readStructs(readFileSync(join(folder, group, 'types.go'), 'utf8'), group)
    Object.assign(structs, read.structs)
    Object.assign(aliases, read.aliases)
  }
  for (const name of OF_API) structs[name] = api.structs[name].map((field) => ({ ...field, name: field.json }))
  const table = {}
  const add = (name) => {
    if (!structs[name] || table[name]) return
    table[name] = []
    const names = new Map((api.structs[name.replace('.', '/v1.')] ?? []).map(({ name, json }) => [name, json]))
    for (const field of structs[name]) {
      const { type, pointer, list, map } = resolved(field, aliases)
      const struct = structs[type] && type
      const json = field.json ?? (field.embedded ? placeOf(type) : names.get(field.name) || lowerFirst(field.name))
      const zero = pointer || list || map ? null : (ZEROS[type] ?? null)
      const flags = [
        [struct, 's'],
        [field.embedded, 'e'],
        [field.options?.includes('omitempty'), 'o'],
        [pointer, 'p'],
        [list, 'l'],
        [map, 'm'],
      ]
      const letters = flags.flatMap(([is, letter]) => (is ? [letter] : [])).join('')
      table[name].push([field.name, json, struct ?? zero, letters])
      if (struct) add(struct)
    }
  }
  SHOWN.forEach(add)
  writePackedTable('internal-structs', table)
}

function readStructs(text, group) {
  const imports = { ...importsOf(text), api: 'core' }
  const qualify = (name) => qualified(name, group, imports)
  const aliases = {}
  for (const [, name, type] of text.matchAll(/^type (\w+) (?!struct|interface)(\S.*?)(?:\s*\/\/.*)?$/gm)) {
    aliases[`${group}.${name}`] = shapeOf(type, qualify)
  }
  const structs = {}
  for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    const lines = body.split('\n').map((line) => line.replace(/\/\/.*$/, '').trim())
    structs[`${group}.${name}`] = lines.filter(Boolean).map((line) => {
      const [first, type] = line.split(/\s+/)
      if (type) return { name: first, ...shapeOf(type, qualify) }
      return { name: first.split('.').at(-1), embedded: true, ...shapeOf(first, qualify) }
    })
  }
  return { structs, aliases }
}

/** A type that is another by name, as what it is. */
function resolved({ type, pointer, list, map }, aliases) {
  const alias = aliases[type]
  if (!alias) return { type, pointer, list, map }
  const inner = resolved(alias, aliases)
  return { ...inner, pointer: pointer ?? inner.pointer, list: list ?? inner.list, map: map ?? inner.map }
}

/** Where the fields of an embedded struct stand in the API: among those around it, but for metadata. */
const placeOf = (type) => (type === 'meta/v1.ObjectMeta' ? 'metadata' : '')

const lowerFirst = (name) => name.charAt(0).toLowerCase() + name.slice(1)

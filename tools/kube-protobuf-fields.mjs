// Writes packages/kube-apiserver/src/generated/protobuf-fields.ts: the protobuf field numbers of Kubernetes' types, read off
// the struct tags of their Go sources.
// usage: node tools/kube-protobuf-fields.mjs API APIMACHINERY APIEXTENSIONS [TAG]   (clones of kubernetes/api, ...)
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const [api, apimachinery, apiextensions, tag = 'HEAD'] = process.argv.slice(2)
if (!apiextensions) throw new Error('usage: node tools/kube-protobuf-fields.mjs API APIMACHINERY APIEXTENSIONS [TAG]')
const show = (repository, path) =>
  execFileSync('git', ['-C', repository, 'show', `${tag}:${path}`], { maxBuffer: 1 << 27 }).toString()

const groups = [
  'core/v1',
  'apps/v1',
  'batch/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'networking/v1',
  'policy/v1',
  'rbac/v1',
]
groups.push(
  'storage/v1',
  'coordination/v1',
  'discovery/v1',
  'events/v1',
  'scheduling/v1',
  'node/v1',
  'admissionregistration/v1',
)
groups.push('certificates/v1', 'authentication/v1', 'authorization/v1', 'flowcontrol/v1', 'resource/v1')

const sources = groups.map((group) => [group, show(api, `${group}/types.go`)])
sources.push(['meta/v1', show(apimachinery, 'pkg/apis/meta/v1/types.go')])
const extensions = ['types.go', 'types_jsonschema.go'].map((file) =>
  show(apiextensions, `pkg/apis/apiextensions/v1/${file}`),
)
sources.push(['apiextensions/v1', extensions.join('\n')])

/** Types that decode in a way of their own, or as a scalar: s string, i integer, d double, b bool, y bytes. */
const special = {
  string: 's',
  int32: 'i',
  int64: 'i',
  int: 'i',
  uint8: 'i',
  float64: 'd',
  bool: 'b',
  '[]byte': 'y',
  'meta/v1.Time': '@time',
  'meta/v1.MicroTime': '@time',
  'meta/v1.Timestamp': '@time',
  'meta/v1.Duration': '@duration',
  'meta/v1.FieldsV1': '@json',
  'meta/v1.Verbs': '@items',
  'resource.Quantity': '@quantity',
  'intstr.IntOrString': '@intstr',
  'runtime.RawExtension': '@json',
  'apiextensions/v1.JSON': '@json',
  'types.UID': 's',
  'types.NodeName': 's',
  'apiextensions/v1.JSONSchemaPropsOrBool': '@schemaOrBool',
  'apiextensions/v1.JSONSchemaPropsOrArray': '@schemaOrArray',
  'apiextensions/v1.JSONSchemaPropsOrStringArray': '@schemaOrStrings',
}

const structs = {}
const aliases = {}
for (const [group, text] of sources) {
  const imports = Object.fromEntries(
    [
      ...text.matchAll(
        /^\s+(\w+)?\s*"k8s\.io\/(?:api|apimachinery\/pkg(?:\/apis|\/api|\/util)?|apimachinery\/pkg)\/([\w/]+)"/gm,
      ),
    ].map(([, alias, path]) => [alias ?? path.split('/').at(-1), path]),
  )
  const qualify = (name) => {
    if (special[name] && !/^[A-Z]/.test(name)) return name
    const [alias, own] = name.includes('.') ? name.split('.') : [undefined, name]
    if (!alias) return /^[a-z]/.test(own) ? own : `${group}.${own}`
    const path = imports[alias] ?? alias
    return `${path}.${own}`
  }
  for (const [, name, rest] of text.matchAll(/^type (\w+) (?!struct|interface)(\S.*?)(?:\s*\/\/.*)?$/gm))
    aliases[`${group}.${name}`] = [rest, qualify]
  for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    structs[`${group}.${name}`] = [...body.matchAll(/^\s+(?:(\w+)\s+)?([\w.*[\]]+)\s+`([^`]*)`/gm)]
      .map(([, , type, tags]) => ({
        type,
        json: /json:"([^"]*)"/.exec(tags)?.[1] ?? '',
        proto: /protobuf:"\w+,(\d+)/.exec(tags)?.[1],
      }))
      .filter(({ proto }) => proto)
      .map(({ type, json, proto }) => {
        const [jsonName, ...options] = json.split(',')
        return [
          Number(proto),
          jsonName,
          ...resolve(
            type,
            qualify,
            (options.includes('inline') ? 'n' : '') + (options.includes('omitempty') ? 'o' : ''),
          ),
        ]
      })
  }
}

/** A Go type as [type, flags]: r repeated, m map, p pointer, n inline, o omitempty; named types are looked up later. */
function resolve(type, qualify, flags) {
  if (type === '[]byte') return ['y', flags]
  if (type.startsWith('*')) return resolve(type.slice(1), qualify, `${flags}p`)
  if (type.startsWith('[]')) return resolve(type.slice(2), qualify, `${flags}r`)
  const map = /^map\[[\w.]+\](.*)$/.exec(type)
  if (map) return resolve(map[1], qualify, `${flags}m`)
  return [qualify(type), flags]
}

function settle([type, flags]) {
  if ('sidby'.includes(type)) return [type, flags]
  if (special[type]) return [special[type], flags]
  if (structs[type]) return [type, flags]
  if (!aliases[type]) return ['s', flags]
  const [target, qualify] = aliases[type]
  const [next, added] = settle(resolve(target, qualify, ''))
  // A named list is a message of its own in protobuf: `ExtraValue { repeated string items = 1 }`.
  if (added.includes('r')) return next === 's' ? ['@items', flags] : [next, flags + added]
  return [next, flags + added]
}

const table = Object.fromEntries(
  Object.entries(structs).map(([name, fields]) => [
    name,
    fields.map(([number, json, type, flags]) => [number, json, ...settle([type, flags])]),
  ]),
)
const data = gzipSync(JSON.stringify(table), { level: 9 }).toString('base64')
writeFileSync(
  join(import.meta.dirname, '../packages/kube-apiserver/src/generated/protobuf-fields.ts'),
  `// Generated by tools/kube-protobuf-fields.mjs; do not edit.\n/** Base64 of gzipped JSON. */\nexport const data =\n  '${data}'\n`,
)
if (process.env.SHOW) for (const name of process.env.SHOW.split(',')) console.log(name, JSON.stringify(table[name]))

// Reads the structs of Kubernetes' API types out of their Go sources: what OpenAPI does not tell about them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const GROUPS = [
  'admissionregistration/v1',
  'apps/v1',
  'authentication/v1',
  'authorization/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'certificates/v1',
  'coordination/v1',
  'core/v1',
  'discovery/v1',
  'events/v1',
  'flowcontrol/v1',
  'networking/v1',
  'node/v1',
  'policy/v1',
  'rbac/v1',
  'resource/v1',
  'scheduling/v1',
  'storage/v1',
]

/**
 * The structs by `core/v1.PodSpec`, and the named types that are none. `modules` is Go's module cache below `k8s.io`, `version`
 * that of the modules, such as `v0.34.4`.
 */
export function readGoStructs(modules, version) {
  const source = (module, ...paths) =>
    paths
      .map((path) => join(modules, `${module}@${version}`, path))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n')
  const sources = [
    ...GROUPS.map((group) => [group, source('api', `${group}/types.go`)]),
    ['meta/v1', source('apimachinery', 'pkg/apis/meta/v1/types.go')],
    [
      'apiextensions/v1',
      source(
        'apiextensions-apiserver',
        'pkg/apis/apiextensions/v1/types.go',
        'pkg/apis/apiextensions/v1/types_jsonschema.go',
      ),
    ],
    ['apiregistration/v1', source('kube-aggregator', 'pkg/apis/apiregistration/v1/types.go')],
  ]
  const structs = {}
  const aliases = {}
  for (const [group, text] of sources) {
    if (!text) throw new Error(`no Go source of ${group} below ${modules}`)
    const imports = importsOf(text)
    const qualify = (name) => qualified(name, group, imports)
    for (const [, name, type] of text.matchAll(/^type (\w+) (?!struct|interface)(\S.*?)(?:\s*\/\/.*)?$/gm)) {
      aliases[`${group}.${name}`] = shapeOf(type, qualify)
    }
    for (const [, name] of text.matchAll(/^type (\w+) struct ?\{\}/gm)) structs[`${group}.${name}`] = []
    for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      structs[`${group}.${name}`] = fieldsOf(body, qualify)
    }
  }
  return { structs, aliases }
}

/** Packages by the name under which a file knows them: `metav1` is `meta/v1`. */
export function importsOf(text) {
  const line =
    /^(?:import)?\s+(\w+)?\s*"k8s\.io\/(?:api|apimachinery\/pkg(?:\/apis|\/api|\/util)?|apimachinery\/pkg)\/([\w/]+)"/gm
  return Object.fromEntries([...text.matchAll(line)].map(([, alias, path]) => [alias ?? path.split('/').at(-1), path]))
}

export function qualified(name, group, imports) {
  const [alias, own] = name.includes('.') ? name.split('.') : [undefined, name]
  if (!alias) return /^[a-z]/.test(own) ? own : `${group}.${own}`
  return `${imports[alias] ?? alias}.${own}`
}

/** `{name, json, type, pointer, list, map, options, proto}` of every field that JSON has. */
function fieldsOf(body, qualify) {
  return [...body.matchAll(/^\s+(?:(\w+)\s+)?([\w.*[\]]+)\s+`([^`]*)`/gm)].map(([, name, type, tags]) => {
    const [json, ...options] = (/json:"([^"]*)"/.exec(tags)?.[1] ?? '').split(',')
    const proto = /protobuf:"\w+,(\d+)/.exec(tags)?.[1]
    return { name, json, options, proto: proto && Number(proto), ...shapeOf(type, qualify) }
  })
}

/** A Go type as what is inside its pointers, lists and maps. */
export function shapeOf(type, qualify) {
  if (type === '[]byte') return { type: '[]byte' }
  if (type.startsWith('*')) return { ...shapeOf(type.slice(1), qualify), pointer: true }
  if (type.startsWith('[]')) return { ...shapeOf(type.slice(2), qualify), list: true }
  const map = /^map\[[\w.]+\](.*)$/.exec(type)
  if (map) return { ...shapeOf(map[1], qualify), map: true }
  return { type: qualify(type) }
}

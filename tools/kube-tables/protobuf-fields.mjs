// packages/kube-apiserver/src/generated/protobuf-fields.ts: the protobuf field numbers of Kubernetes' types.
import { writePackedTable } from './packed-table.mjs'

/** Types that decode in a way of their own, or as a scalar: s string, i integer, d double, b bool, y bytes. */
const SPECIAL = {
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

/** `[type, flags]`, flags in the order in which they are found: p pointer, r repeated, m map. */
function wireType({ type, pointer, list, map }, { structs, aliases }) {
  const flags = (pointer ? 'p' : '') + (list ? 'r' : '') + (map ? 'm' : '')
  if (SPECIAL[type]) return [SPECIAL[type], flags]
  if (structs[type]) return [type, flags]
  if (!aliases[type]) return ['s', flags]
  const [inner, added] = wireType(aliases[type], { structs, aliases })
  // A named list is a message of its own in protobuf: `ExtraValue { repeated string items = 1 }`.
  if (added.includes('r') && inner === 's') return ['@items', flags]
  return [inner, flags + added]
}

export function writeProtobufFields(go) {
  const rows = Object.entries(go.structs).map(([name, fields]) => [
    name,
    fields
      .filter(({ proto }) => proto !== undefined)
      .map((field) => {
        const options = (field.options.includes('inline') ? 'n' : '') + (field.options.includes('omitempty') ? 'o' : '')
        const [type, flags] = wireType(field, go)
        return [field.proto, field.json, type, options + flags]
      }),
  ])
  writePackedTable('protobuf-fields', Object.fromEntries(rows))
}

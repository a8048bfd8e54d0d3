import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fieldNode,
  isObject,
  type JsonObject,
  mergePatch,
  type SchemaNode,
  schemaFor,
  strategicMergePatch,
  type ThreeWay,
  threeWayPatch,
} from '../index.ts'

const deployment = schemaFor({ apiVersion: 'apps/v1', kind: 'Deployment' })
const podOf = (spec: object): object => ({ spec: { template: { spec } } })
const patchOf = (three: ThreeWay): unknown => threeWayPatch(three, deployment)

describe('threeWayPatch', () => {
  // The patches are what CreateThreeWayMergePatch of apimachinery 0.33.2 makes of the same three.
  it.each([
    ['a field that the server set is left', { a: 'x' }, { a: 'x' }, { a: 'x', b: 'set' }, {}],
    ['a field that is no longer wanted goes', { a: 'x', b: 'y' }, { a: 'x' }, { a: 'x', b: 'z' }, { b: null }],
    ['drift is undone', { a: 'x' }, { a: 'x' }, { a: 'by hand' }, { a: 'x' }],
    ['what somebody deleted comes back', { a: 'x' }, { a: 'x' }, {}, { a: 'x' }],
    ['what is new is added', {}, { a: 'x' }, {}, { a: 'x' }],
    ['nothing is left to do', { a: 'x' }, { a: 'y' }, { a: 'y' }, {}],
  ])('%s', (_what, before, after, live, data) => {
    const labels = (values: object) => ({ metadata: { labels: values } })
    const patch = patchOf({ original: labels(before), modified: labels(after), current: labels(live) })
    expect(patch).toEqual(Object.keys(data).length > 0 ? labels(data) : {})
  })

  it.each([
    [
      'items by their key, with those of others left alone',
      { containers: [{ name: 'a', image: '1' }, { name: 'b' }] },
      {
        containers: [
          { name: 'a', image: '2' },
          { name: 'c', image: '3' },
        ],
      },
      { containers: [{ name: 'sidecar' }, { name: 'a', image: '1' }, { name: 'b' }] },
      {
        containers: [
          { name: 'a', image: '2' },
          { name: 'c', image: '3' },
          { $patch: 'delete', name: 'b' },
        ],
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'c' }],
      },
    ],
    [
      'fields that exclude each other',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
      { volumes: [{ name: 'v', emptyDir: {} }] },
      {
        volumes: [{ $retainKeys: ['configMap', 'name'], configMap: { name: 'c' }, emptyDir: null, name: 'v' }],
        '$setElementOrder/volumes': [{ name: 'v' }],
      },
    ],
    [
      'ports that differ by protocol alone',
      { containers: [{ name: 'a', ports: [53, 53].map((containerPort) => ({ containerPort, protocol: 'UDP' })) }] },
      { containers: [{ name: 'a', ports: ['UDP', 'TCP'].map((protocol) => ({ containerPort: 53, protocol })) }] },
      { containers: [{ name: 'a', ports: ['UDP', 'TCP'].map((protocol) => ({ containerPort: 53, protocol })) }] },
      {},
    ],
    ['a list without a key as a whole', {}, { tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }, 'same'],
    ['a list that is not there', {}, { hostAliases: [{ ip: 'a' }] }, {}, 'same'],
    ['a value of another type', { nodeSelector: { a: 'b' } }, { nodeSelector: null }, { nodeSelector: {} }, 'same'],
  ])('brings %s', (_what, original, modified, current, expected) => {
    const patch = patchOf({ original: podOf(original), modified: podOf(modified), current: podOf(current) })
    const wanted = expected === 'same' ? modified : (expected as object)
    expect(patch).toEqual(Object.keys(wanted).length > 0 ? podOf(wanted) : {})
  })

  it('adds and removes plain values of a set', () => {
    const finalizers = (...names: string[]) => ({ metadata: { finalizers: names } })
    const three = { original: finalizers('a', 'b'), modified: finalizers('c', 'a'), current: finalizers('x', 'a', 'b') }

    expect(patchOf(three)).toEqual({
      metadata: {
        finalizers: ['c'],
        '$deleteFromPrimitiveList/finalizers': ['b'],
        '$setElementOrder/finalizers': ['c', 'a'],
      },
    })
  })

  it('names the key that an item lacks', () => {
    const bare = podOf({ containers: [{ image: 'x' }] })
    expect(() => patchOf({ original: {}, modified: bare, current: bare })).toThrow(
      'map: {"image":"x"} does not contain declared merge key: name',
    )
  })

  it('without a schema, takes lists as a whole', () => {
    const three = { original: { a: 1, b: 1 }, modified: { a: 1, list: [{ name: 'x' }] }, current: { list: [], c: 1 } }
    expect(threeWayPatch(three)).toEqual({ a: 1, b: null, list: [{ name: 'x' }] })
  })

  it('applied, gives what is wanted over what is there, without what only was', () => {
    fc.assert(
      fc.property(specs, specs, specs, (original, modified, current) => {
        const applied = strategicMergePatch(current, patchOf({ original, modified, current }), deployment)
        expect(byKeys(applied, deployment)).toEqual(
          byKeys(wantedOver({ original, modified, current }, deployment), deployment),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('without a schema, gives the same by a JSON merge patch', () => {
    fc.assert(
      fc.property(specs, specs, specs, (original, modified, current) => {
        const applied = mergePatch(current, threeWayPatch({ original, modified, current }))
        expect(applied).toEqual(wantedOver({ original, modified, current }))
      }),
    )
  })
})

/** What the documentation of `kubectl apply` says of the result, field by field. */
function wantedOver({ original, modified, current }: ThreeWay, node?: SchemaNode): unknown {
  const strategy = node?.patchStrategy ?? []
  if (Array.isArray(modified) && Array.isArray(current) && strategy.includes('merge')) {
    const before = Array.isArray(original) ? original : []
    const key = node?.patchMergeKey
    if (!key) return [...new Set([...modified, ...current.filter((value) => !before.includes(value))])]
    const item = { ...(node?.items as SchemaNode), patchStrategy: strategy }
    const tables = { original: tableOf(before, key), modified: tableOf(modified, key), current: tableOf(current, key) }
    return Object.values(fieldsOver(tables, () => item))
  }
  if (!isObject(modified) || !isObject(current)) return modified
  const before = isObject(original) ? original : {}
  const fields = fieldsOver({ original: before, modified, current }, (field) => fieldNode(node, field))
  if (!strategy.includes('retainKeys')) return fields
  return Object.fromEntries(Object.entries(fields).filter(([field]) => field in modified))
}

type Tables = Record<keyof ThreeWay, JsonObject>

function fieldsOver({ original, modified, current }: Tables, nodeOf: (field: string) => SchemaNode): JsonObject {
  const kept = Object.entries(current).filter(([field]) => !(field in modified || field in original))
  const wanted = Object.entries(modified).map(([field, value]) => [
    field,
    wantedOver({ original: original[field], modified: value, current: current[field] }, nodeOf(field)),
  ])
  return Object.fromEntries([...kept, ...wanted])
}

const tableOf = (list: JsonObject[], key: string): JsonObject =>
  Object.fromEntries(list.map((item) => [String(item[key]), item]))

/** With lists that merge as sets: their order is no part of what is wanted here. */
function byKeys(value: unknown, node: SchemaNode | undefined): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => byKeys(item, node?.items))
    return node?.patchStrategy?.includes('merge') ? new Set(items) : items
  }
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, child]) => [field, byKeys(child, fieldNode(node, field))]),
  )
}

const some = (fields: Record<string, fc.Arbitrary<unknown>>, ...always: string[]): fc.Arbitrary<JsonObject> =>
  fc.record(fields, { requiredKeys: always })
const text = fc.constantFrom('a', 'b', 'c')
const table = fc.dictionary(text, text, { maxKeys: 3 })
const keyed = (key: string, fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject[]> =>
  fc.uniqueArray(some({ [key]: text, ...fields }, key), { maxLength: 3, selector: (item) => item[key] })

const containers = keyed('name', {
  image: text,
  env: keyed('name', { value: text }),
  command: fc.array(text, { maxLength: 2 }),
  resources: some({ limits: table, requests: table }),
})
const volumes = keyed('name', { emptyDir: fc.constant({}), configMap: some({ name: text }), hostPath: table })
const specs = some({
  metadata: some({ labels: table, annotations: table, finalizers: fc.uniqueArray(text, { maxLength: 3 }) }),
  spec: some({
    replicas: fc.constantFrom(1, 2, 3),
    strategy: some({ type: text, rollingUpdate: some({ maxSurge: fc.constantFrom(1, '25%') }) }, 'type'),
    template: some({ spec: some({ containers, volumes, tolerations: fc.array(table, { maxLength: 2 }) }) }),
  }),
})

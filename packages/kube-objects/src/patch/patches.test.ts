import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonPatch, mergePatch, schemaFor, strategicMergePatch } from '../index.ts'

const podSchema = schemaFor({ apiVersion: 'v1', kind: 'Pod' })
const pod = (spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', finalizers: ['a', 'b'] },
  spec,
})
const [udp, tcp] = ['UDP', 'TCP'].map((protocol) => ({ containerPort: 53, protocol }))
const patchPod = (spec: object, patch: object): unknown =>
  (strategicMergePatch(pod(spec), { spec: patch }, podSchema) as { spec: unknown }).spec

describe('mergePatch', () => {
  // RFC 7386, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const once = mergePatch(target, patch)
        expect(mergePatch(once, patch)).toEqual(once)
      }),
    )
  })
})

describe('jsonPatch', () => {
  it('applies all operations to a copy', () => {
    const target = { spec: { list: [1, 2] } }
    const patched = jsonPatch(target, [
      { op: 'test', path: '/spec/list/0', value: 1 },
      { op: 'add', path: '/spec/list/-', value: 3 },
      { op: 'remove', path: '/spec/list/0' },
      { op: 'add', path: '/spec/a~1b', value: 'x' },
    ])

    expect(patched).toEqual({ spec: { list: [2, 3], 'a/b': 'x' } })
    expect(target).toEqual({ spec: { list: [1, 2] } })
  })

  // The patch with which Istio makes a status that is not there yet.
  it('finds null where a map has no such field', () => {
    const operations = [
      { op: 'test', path: '/status', value: null },
      { op: 'add', path: '/status', value: {} },
    ]

    expect(jsonPatch({ a: 1 }, operations)).toEqual({ a: 1, status: {} })
    expect(() => jsonPatch({ status: { b: 1 } }, operations)).toThrow('testing value /status failed')
    expect(() => jsonPatch({ a: [] }, [{ op: 'test', path: '/a/0', value: null }])).toThrow('testing value /a/0')
  })

  it.each([
    [{ op: 'remove', path: '/a/-1' }, [1, { b: [2, 3] }]],
    [{ op: 'add', path: '/a/-1', value: 5 }, [1, { b: [2, 3] }, 4, 5]],
    [{ op: 'replace', path: '/a/-2/b/-1', value: 5 }, [1, { b: [2, 5] }, 4]],
    [{ op: 'copy', from: '/a/-3', path: '/a/-1' }, [1, { b: [2, 3] }, 4, 1]],
  ])('counts from the end of a list: %j', (operation, list) => {
    expect(jsonPatch({ a: [1, { b: [2, 3] }, 4] }, [operation])).toEqual({ a: list })
  })

  it.each([
    [[{ op: 'test', path: '/a', value: 2 }], 'testing value /a failed: test failed'],
    [
      [{ op: 'remove', path: '/x' }],
      'remove operation does not apply: doc is missing path: "/x": unable to remove nonexistent key: x: missing value',
    ],
    [[{ op: 'frob', path: '/x' }], 'Unexpected kind: frob'],
    [{}, 'a JSON patch must be a list of operations'],
  ])('refuses %j', (operations, message) => {
    expect(() => jsonPatch({ a: 1 }, operations)).toThrow(message)
  })
})

describe('strategicMergePatch', () => {
  it('merges lists by their key, new items first', () => {
    const spec = {
      containers: [
        { name: 'a', image: '1', env: [{ name: 'X', value: 'x' }] },
        { name: 'b', image: '2' },
      ],
    }
    const patch = {
      containers: [
        { name: 'c', image: '3' },
        { name: 'a', env: [{ name: 'Y', value: 'y' }] },
      ],
    }

    expect(patchPod(spec, patch)).toEqual({
      containers: [
        { name: 'c', image: '3' },
        {
          name: 'a',
          image: '1',
          env: [
            { name: 'Y', value: 'y' },
            { name: 'X', value: 'x' },
          ],
        },
        { name: 'b', image: '2' },
      ],
    })
  })

  it.each([
    [
      'delete of an item',
      { containers: [{ name: 'a' }, { name: 'b' }] },
      { containers: [{ $patch: 'delete', name: 'a' }] },
      { containers: [{ name: 'b' }] },
    ],
    [
      'replace of a list',
      { containers: [{ name: 'a' }] },
      { containers: [{ $patch: 'replace' }, { name: 'z' }] },
      { containers: [{ name: 'z' }] },
    ],
    [
      'replace of a map',
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: 'replace', fsGroup: 2 } },
      { securityContext: { fsGroup: 2 } },
    ],
    [
      'delete of a map',
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: 'delete' } },
      { securityContext: {} },
    ],
    [
      'retained keys',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    ],
    [
      'element order',
      { containers: [{ name: 'a' }, { name: 'b' }] },
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      { containers: [{ name: 'b' }, { name: 'a' }] },
    ],
    [
      'an atomic list',
      { tolerations: [{ key: 'a' }] },
      { tolerations: [{ key: 'b' }] },
      { tolerations: [{ key: 'b' }] },
    ],
    ['null', { hostname: 'h', nodeName: 'n' }, { hostname: null }, { nodeName: 'n' }],
    [
      'keys that are there twice in what is new',
      { containers: [{ name: 'a' }] },
      {
        containers: [
          { name: 'a', ports: [udp, tcp] },
          { name: 'b', ports: [udp, tcp] },
        ],
      },
      {
        containers: [
          { name: 'a', ports: [udp, tcp] },
          { name: 'b', ports: [udp, tcp] },
        ],
      },
    ],
    [
      'directives where there is nothing',
      {},
      { securityContext: { $patch: 'delete' }, volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: null }] },
      { volumes: [{ name: 'v' }] },
    ],
    [
      'the place of what goes',
      { hostAliases: [{ ip: 'server' }, { ip: 'gone' }] },
      {
        hostAliases: [{ ip: 'new' }, { $patch: 'delete', ip: 'gone' }],
        '$setElementOrder/hostAliases': [{ ip: 'new' }],
      },
      { hostAliases: [{ ip: 'server' }, { ip: 'new' }] },
    ],
    [
      'a delete before what is added under the same key',
      { hostAliases: [{ ip: 'a', hostnames: ['x'] }] },
      { hostAliases: [{ ip: 'a' }, { $patch: 'delete', ip: 'a' }] },
      { hostAliases: [{ ip: 'a' }] },
    ],
  ])('obeys %s', (_name, spec, patch, expected) => {
    expect(patchPod(spec, patch)).toEqual(expected)
  })

  it('merges and deletes primitives', () => {
    const patch = { metadata: { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'] } }

    expect(strategicMergePatch(pod({}), patch, podSchema)).toMatchObject({ metadata: { finalizers: ['c', 'b'] } })
  })

  it('says which key an item lacks', () => {
    expect(() => patchPod({ containers: [{ name: 'a' }] }, { containers: [{ image: 'x' }] })).toThrow(
      'map: {"image":"x"} does not contain declared merge key: name',
    )
  })

  it('changes nothing the second time', () => {
    const item = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') })
    const list = fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 4 })
    fc.assert(
      fc.property(list, list, (containers, patch) => {
        const once = patchPod({ containers }, { containers: patch }) as object
        expect(patchPod(once, { containers: patch })).toEqual(once)
      }),
    )
  })
})

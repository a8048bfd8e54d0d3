import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonPatch, mergePatch, schemaFor, strategicMergePatch, withoutNulls } from '../index.ts'

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
    // What the RFC leaves open, as evanphx/json-patch has it.
    [{}, { a: [{ b: null }, null] }, { a: [{}, null] }],
    [{ a: [1] }, { a: [{ b: null }] }, { a: [{}] }],
    [{ a: { b: 1 } }, { a: [{ b: null }] }, { a: [{ b: null }] }],
  ])('%j with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const once = mergePatch(target, patch)
        expect(withoutNulls(mergePatch(once, patch))).toEqual(withoutNulls(once))
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
    expect(() => jsonPatch({ a: [] }, [{ op: 'test', path: '/a/0', value: null }])).toThrow('invalid index')
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
    [
      { op: 'add', path: '/l/01', value: 5 },
      { l: [1, 5, 2], m: {} },
    ],
    [
      { op: 'remove', path: '/l/+1' },
      { l: [1], m: {} },
    ],
    [{ op: 'replace', path: '', value: { n: 1 } }, { n: 1 }],
    [
      { op: 'replace', path: '/m/a', value: 1 },
      { l: [1, 2], m: { a: 1 } },
    ],
    [
      { op: 'add', path: '/m/a' },
      { l: [1, 2], m: { a: null } },
    ],
    [
      { op: 'copy', from: '/m/a', path: '/m/b' },
      { l: [1, 2], m: { b: null } },
    ],
    [
      { op: 'add', path: 'x/a', value: 1 },
      { l: [1, 2], m: {}, a: 1 },
    ],
    [
      { op: 'add', path: '/m/~01~2', value: 1 },
      { l: [1, 2], m: { '~1~2': 1 } },
    ],
    [
      { op: 'test', path: '/m/toString', value: null },
      { l: [1, 2], m: {} },
    ],
    [
      { op: 'add', path: '/m/__proto__', value: 1 },
      { l: [1, 2], m: JSON.parse('{"__proto__":1}') as object },
    ],
  ])('does as evanphx/json-patch with %j', (operation, expected) => {
    const patched = jsonPatch({ l: [1, 2], m: {} }, [operation])

    expect(JSON.stringify(patched)).toBe(JSON.stringify(expected))
  })

  it.each([
    [{ op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
    [
      { op: 'remove', path: '/x' },
      "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
    ],
    [{ op: 'remove', path: '/toString' }, 'Unable to remove nonexistent key: toString'],
    [{ op: 'add', path: '/x/y', value: 1 }, 'add operation does not apply: doc is missing path: "/x/y": missing value'],
    [{ op: 'add', path: '/a/x', value: 1 }, 'add operation does not apply: doc is missing path: "/a/x": missing value'],
    [{ op: 'add', path: '', value: {} }, 'add operation does not apply: doc is missing path: ""'],
    [{ op: 'add', path: '/l/2', value: 1 }, "error in add for path: '/l/2': Unable to access invalid index: 2"],
    [{ op: 'add', path: '/l/x', value: 1 }, `value was not a proper array index: 'x': strconv.Atoi: parsing "x"`],
    [{ op: 'replace', path: '/l/-', value: 1 }, 'replace operation does not apply: doc is missing key: /l/-'],
    [{ op: 'move', from: '/l/0', path: '/l/1' }, "error in move for path: '/l/1': Unable to access invalid index: 1"],
    [{ op: 'move', path: '/b' }, 'move operation failed to decode from'],
    [{ op: 'frob', path: '/x' }, 'Unexpected kind: frob'],
    ['add', 'Unexpected kind: unknown'],
  ])('refuses %j', (operation, message) => {
    expect(() => jsonPatch({ a: 1, l: [0] }, [operation])).toThrow(message)
  })

  it('copies no more than 3 MiB, for each copy could double what is there', () => {
    const operations = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '/a', path: `/a/${index}` }))

    expect(() => jsonPatch({ a: { text: 'x'.repeat(1000) } }, operations)).toThrow('exceeding the limit 3145728')
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
      // Field validation tells of the others, which are fields like any that nobody knows.
      'no directives where there is nothing',
      {},
      { securityContext: { $patch: 'delete' }, volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: null }] },
      { volumes: [{ name: 'v', $retainKeys: ['name'] }] },
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

  it.each([
    ['a map', {}, { securityContext: { $patch: 'replace', runAsUser: 1 } }, {}],
    ['a map in a map', {}, { affinity: { nodeAffinity: { $patch: 'delete' } } }, { affinity: {} }],
    ['an item', {}, { containers: [{ name: 'a', $patch: 'delete' }, { name: 'b' }] }, { containers: [{ name: 'b' }] }],
  ])('leaves out %s with a directive where nothing is', (_what, spec, patch, expected) => {
    expect(patchPod(spec, patch)).toEqual(expected)
  })

  it.each([
    ['a list of which one item says replace', [{ name: 'b', $patch: 'replace' }, { name: 'c' }], ['c']],
    [
      'an item that is deleted and comes anew',
      [{ name: 'a', $patch: 'delete' }, { name: 'a' }, { name: 'c' }],
      ['a', 'c', 'b'],
    ],
  ])('merges %s', (_what, patch, names) => {
    const patched = patchPod({ containers: [{ name: 'a' }, { name: 'b' }] }, { containers: patch })

    expect((patched as { containers: { name: string }[] }).containers.map(({ name }) => name)).toEqual(names)
  })

  it.each([
    [{ containers: [{ image: 'x' }] }, 'PATCH_INVALID', 'map: map[image:x] does not contain declared merge key: name'],
    [{ containers: [{ name: 'a', $patch: 'merge' }] }, 'PATCH_INVALID', 'merging lists cannot yet be specified'],
    [{ securityContext: { $patch: 'x' } }, 'PATCH_INVALID', 'unknown patch type: x in map: map[$patch:x]'],
    [
      { containers: [{ name: 'b' }], '$setElementOrder/containers': [{ name: 'a' }] },
      'PATCH_INVALID',
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]",
    ],
    [
      { securityContext: { $retainKeys: ['fsGroup'], runAsUser: 1 } },
      'PATCH_MALFORMED',
      'invalid patch format of retainKeys',
    ],
    [{ securityContext: { $retainKeys: 'fsGroup' } }, 'PATCH_MALFORMED', 'invalid patch format of retainKeys'],
    [{ '$setElementOrder/containers': 'a' }, 'PATCH_MALFORMED', 'invalid patch format of setElementOrder list'],
  ])('refuses %j', (patch, code, message) => {
    const refused = () => patchPod({ containers: [{ name: 'a' }], securityContext: { runAsUser: 2 } }, patch)

    expect(refused).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
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

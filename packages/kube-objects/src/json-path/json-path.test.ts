import { expect, it } from 'vitest'
import { evaluateJsonPath, isJsonPath } from './evaluate.ts'

const object = {
  a: {
    'b.c': 1,
    list: [
      { type: 'X', v: 'x', n: 1 },
      { type: 'Y', v: 'y', n: 2 },
      { type: 'Z', v: 'z', n: 3, odd: true },
    ],
    nothing: null,
  },
}

// What client-go's util/jsonpath finds.
it.each<[string, unknown[]]>([
  ['.a.list[0].v', ['x']],
  ['.a.list[-1].v', ['z']],
  ['.a.list[*].v', ['x', 'y', 'z']],
  ['.a.list.*.v', ['x', 'y', 'z']],
  ['.a.list[1:].v', ['y', 'z']],
  ['.a.list[:-1].v', ['x', 'y']],
  ['.a.list[::2].v', ['x', 'z']],
  ['.a.list[0,2].v', ['x', 'z']],
  ['.a.list[5].v', []],
  ['..v', ['x', 'y', 'z']],
  ['$.a.list[0].v', ['x']],
  ['.a.list[?(@.type=="Y")].v', ['y']],
  [".a.list[?(@.type != 'Y')].v", ['x', 'z']],
  ['.a.list[?(@.n>1)].v', ['y', 'z']],
  ['.a.list[?(@.odd)].v', ['z']],
  ['.a.list[?(@.odd==true)].v', ['z']],
  ['.a.list[?(@.n=="1")].v', []],
  ['.a.list[?(@.v==")")].v', []],
  ['.a.b\\.c', [1]],
  [".a['b\\.c']", [1]],
  [".a['b.c']", []],
  ['.a.none.deeper', []],
  ['.a.nothing', [null]],
  ['.a.nothing.deeper', []],
  ['.a[0]', []],
])('%s finds %j', (path, expected) => {
  expect(evaluateJsonPath(object, path)).toEqual(expected)
})

it.each([
  '.a[',
  '.a[x]',
  '.a[?(@.b',
  '.a[?(@.b)',
  '.a["b]',
  '.a.list[?(@.b=="x)]',
  '.a ~',
])('%s is no path, and finds nothing', (path) => {
  expect(isJsonPath(path)).toBe(false)
  expect(evaluateJsonPath(object, path)).toEqual([])
})

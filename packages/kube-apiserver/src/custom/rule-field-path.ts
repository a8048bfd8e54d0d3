import { isObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

/**
 * The field that a rule's `fieldPath` names, as messages write it: `.spec['a.b']` is `spec[a.b]` in a map and `spec.a.b` of
 * named fields. Undefined when the schema has no such field (apiextensions' ValidFieldPath).
 */
export function ruleFieldPath(path: string, schema: Spec): string | undefined {
  let at = ''
  let inner: Spec | undefined = schema
  let rest = path
  while (rest !== '') {
    const [whole, plain, quoted] = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/.exec(rest) ?? []
    const name = plain ?? (quoted === undefined ? undefined : unquoted(quoted))
    if (whole === undefined || name === undefined || !inner) return undefined
    const isNamed = inner.properties !== undefined
    const next: unknown = isNamed ? inner.properties[name] : inner.additionalProperties
    if (!isObject(next)) return undefined
    at += isNamed ? `${at === '' ? '' : '.'}${name}` : `[${name}]`
    inner = next
    rest = rest.slice(whole.length)
  }
  return at
}

const ESCAPES: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

function unquoted(text: string): string | undefined {
  const unknown = [...text.matchAll(/\\(.)/g)].some(([, character = '']) => ESCAPES[character] === undefined)
  return unknown ? undefined : text.replaceAll(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? '')
}

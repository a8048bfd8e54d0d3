import { SourceScalar } from '@slipway/go-yaml'
import { describeVar, withDefaults } from '../describe-var.ts'
import { KustomizeError } from '../fault.ts'
import { lookup, splitFieldPath } from '../field-path.ts'
import { changeField, type FieldSpec } from '../field-spec.ts'
import type { VarArgs } from '../kustomization.ts'
import type { Resource } from '../resource.ts'
import { assign, isMap, isNull, isScalar, plain, stringOf } from '../values.ts'
import type { Transformer } from './transformer.ts'

/** The values of vars by their names; those that nothing asks for are told. */
export function variableTransformer(
  vars: readonly VarArgs[],
  specs: readonly FieldSpec[],
  warn: (message: string) => void,
): Transformer {
  return ({ resources }) => {
    const sorted = vars.toSorted((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
    const values = new Map(sorted.map((item) => [item.name ?? '', varValue(item, resources)]))
    if (values.size === 0) return
    const used = new Set<string>()
    const expand = (text: string): unknown => expanded(text, values, used)
    for (const resource of resources) {
      for (const spec of specs) changeField(resource, spec, { set: (value) => replaced(value, expand) })
    }
    const unused = [...values.keys()].filter((name) => !used.has(name))
    if (unused.length > 0) warn(`well-defined vars that were never replaced: ${unused.join(',')}`)
  }
}

function varValue(variable: VarArgs, resources: readonly Resource[]): unknown {
  const name = variable.name ?? ''
  const owner = resources.find(({ varNames }) => varNames.includes(name))
  if (!owner) {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `var '${describeVar(withDefaults(variable))}' cannot be mapped to a field in the set of known resources`,
    )
  }
  // `ports[0]` is `ports.0` here.
  const path = splitFieldPath(variable.fieldref?.fieldPath || 'metadata.name').flatMap((part) => {
    const [, field, index] = /^(.*)\[(\d+)\]$/.exec(part) ?? []
    return index === undefined ? [part] : [field ?? '', index]
  })
  const value = found(owner, path)
  if (value === undefined) {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `field specified in var '${describeVar(withDefaults(variable))}' not found in corresponding resource`,
    )
  }
  return value
}

function found({ object }: Resource, path: readonly string[]): unknown {
  try {
    return lookup(object, path)
  } catch {
    return undefined
  }
}

function replaced(value: unknown, expand: (text: string) => unknown): unknown {
  if (isNull(value)) return value
  const text = stringOf(value)
  if (text !== undefined) return expand(text)
  if (Array.isArray(value)) {
    return value.map((item) => {
      const own = stringOf(item)
      if (own === undefined) throw new KustomizeError('KUSTOMIZE_INVALID', 'invalid value type expect a string')
      return expand(own)
    })
  }
  if (isMap(value)) {
    for (const field in value) {
      const own = stringOf(value[field])
      if (own !== undefined) assign(value, field, expand(own))
    }
  }
  return value
}

/** A text with its `$(NAME)` replaced; one that is nothing else takes the value as it is. `$$` is a dollar sign. */
function expanded(text: string, values: ReadonlyMap<string, unknown>, used: Set<string>): unknown {
  const valueFor = (name: string): unknown => {
    const value = values.get(name)
    if (value === undefined || !isScalar(value)) return `$(${name})`
    used.add(name)
    return value
  }
  let result = ''
  let start = 0
  for (let at = text.indexOf('$'); at >= 0 && at + 1 < text.length; at = text.indexOf('$', start)) {
    result += text.slice(start, at)
    const next = text[at + 1] ?? ''
    const close = next === '(' ? text.indexOf(')', at + 2) : -1
    if (close >= 0) {
      const value = valueFor(text.slice(at + 2, close))
      if (at === 0 && close === text.length - 1) return value
      result += inText(value)
      start = close + 1
    } else {
      result += next === '$' ? '$' : `$${next}`
      start = at + 2
    }
  }
  return result + text.slice(start)
}

/** Go's %v of a value. */
function inText(value: unknown): string {
  const scalar = value instanceof SourceScalar && typeof value.value !== 'string' ? plain(value) : value
  return scalar instanceof SourceScalar ? scalar.text : String(scalar)
}

import type { JsonObject } from '@slipway/kube-objects'
import { KustomizeError } from './fault.ts'
import { mergeLists } from './merge-list.ts'
import type { MergeSchema, OpenApi } from './schema/openapi.ts'
import { assign, copy, demandKind, emptyMap, isMap, isNull, isScalar, textOf } from './values.ts'

/** What a merge knows: schemas, and how deep it is. */
export interface MergeContext {
  readonly openApi: OpenApi
  readonly schema: MergeSchema | undefined
}

/** Kustomize's strategic merge (kyaml's merge2) into an object. False when the patch deletes it. The patch is not changed. */
export function mergeStrategic(target: JsonObject, patch: JsonObject, openApi: OpenApi): boolean {
  // What would replace the whole object is thrown away.
  return mergeValues(target, copy(patch), { openApi, schema: undefined }) !== undefined
}

/**
 * The merge of two values that may be changed; undefined when nothing is left. A target that is missing counts as the patch
 * itself: so its directives are obeyed, and its nulls go.
 */
export function mergeValues(target: unknown, patch: unknown, context: MergeContext): unknown {
  const shape = isNull(target) ? patch : target
  const inner = { ...context, schema: context.schema ?? schemaOf(target, patch, context.openApi) }
  if (Array.isArray(shape)) return mergeSequences(target, patch, inner)
  if (!isNull(shape) && isScalar(shape)) {
    for (const value of [target, patch]) demandKind('scalar', value)
    return patch === undefined ? target : nullOrValue(patch)
  }
  for (const value of [target, patch]) demandKind('map', value)
  return mergeMaps(target, patch, inner)
}

/** A patch's null deletes. */
const nullOrValue = (patch: unknown): unknown => (isNull(patch) ? undefined : patch)

/** Objects inside of others have the schema of their own kind, where nothing is known of the place. */
function schemaOf(target: unknown, patch: unknown, openApi: OpenApi): MergeSchema | undefined {
  for (const value of [target, patch]) {
    if (!isMap(value)) continue
    const [kind, apiVersion] = [textOf(value.kind), textOf(value.apiVersion)]
    const schema = kind && apiVersion ? openApi.schemaFor(apiVersion, kind) : undefined
    if (schema) return schema
  }
  return undefined
}

function mergeMaps(target: unknown, patch: unknown, context: MergeContext): unknown {
  let base = target
  if (isNull(target)) {
    const directive = isMap(patch) ? takeDirective(patch) : 'merge'
    if (directive === 'delete') return undefined
    // A null that is spelt out stays, unless a patch speaks of the field; one that is only a missing value goes.
    if (patch === undefined) return textOf(target) === '' ? undefined : target
    if (isNull(patch)) return undefined
    base = patch
  } else {
    if (patch !== undefined && isNull(patch)) return undefined
    const directive = isMap(patch) ? takeDirective(patch) : 'merge'
    if (directive === 'delete') return undefined
    if (directive === 'replace') base = patch
  }
  const fields = isMap(patch) ? patch : emptyMap()
  return isMap(base) ? mergeFields(base, fields, context) : base
}

function mergeFields(base: JsonObject, patch: JsonObject, { openApi, schema }: MergeContext): JsonObject {
  for (const field of new Set([...Object.keys(base), ...Object.keys(patch)])) {
    const merged = mergeValues(base[field], patch[field], { openApi, schema: openApi.field(schema, field) })
    if (merged === undefined) delete base[field]
    else assign(base, field, merged)
  }
  return base
}

function mergeSequences(target: unknown, patch: unknown, context: MergeContext): unknown {
  for (const value of [target, patch]) demandKind('list', value)
  const { strategy = '' } = context.schema ?? {}
  if (!strategy.split(',').includes('merge')) return patch === undefined ? target : nullOrValue(patch)
  let base = target
  if (isNull(target)) base = patch
  else {
    if (patch !== undefined && isNull(patch)) return undefined
    const directive = Array.isArray(patch) ? takeListDirective(patch) : 'merge'
    if (directive === 'delete') return undefined
    if (directive === 'replace') base = patch
  }
  const { openApi, schema } = context
  const items = { openApi, schema: openApi.items(schema) }
  return mergeLists(base as unknown[], Array.isArray(patch) ? patch : undefined, schema?.keys, (left, right) =>
    mergeValues(left, right, items),
  )
}

type Directive = 'delete' | 'replace' | 'merge'

function directiveOf(value: unknown): Directive {
  const text = textOf(value)
  if (text === 'delete' || text === 'replace' || text === 'merge') return text
  throw new KustomizeError('KUSTOMIZE_INVALID', `unknown patch strategy '${text}'`)
}

function takeDirective(patch: JsonObject): Directive {
  if (!('$patch' in patch)) return 'merge'
  const directive = directiveOf(patch.$patch)
  delete patch.$patch
  return directive
}

/** A directive that stands alone in an item is about the whole list. */
function takeListDirective(patch: unknown[]): Directive {
  const item = patch.find((candidate): candidate is JsonObject => isMap(candidate) && '$patch' in candidate)
  if (!item || Object.keys(item).length > 1) return 'merge'
  const directive = directiveOf(item.$patch)
  const kept = patch.filter((other) => {
    if (isNull(other) || (isMap(other) && Object.keys(other).length === 0)) return false
    return !(isMap(other) && textOf(other.$patch) === directive)
  })
  patch.splice(0, patch.length, ...kept)
  return directive
}

import { isObject, type JsonObject, setField, withoutNulls } from '../json.ts'

/**
 * JSON Merge Patch (RFC 7386): null removes, objects merge, anything else replaces. Neither argument is changed. As with
 * evanphx/json-patch, objects in a list that comes have no nulls, except where the list takes the place of an object.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return isObject(target) ? patch : withoutNulls(patch)
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field]
    else setField(result, field, mergePatch(Object.hasOwn(result, field) ? result[field] : undefined, value))
  }
  return result
}

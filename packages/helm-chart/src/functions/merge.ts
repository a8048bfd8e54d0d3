import { isMap, underlyingOf } from '@slipway/go-template'
import type { Values } from '../values/value.ts'
import { isEmpty } from './kinds.ts'

/**
 * dario.cat/mergo's Merge as Sprig calls it: fills what is empty in `dest`, or with `overwrite` takes all of `source`.
 * Tables that are taken over are shared with the source, not copied, as in Go.
 */
export function mergeInto(dest: Values, source: Values, overwrite: boolean): void {
  for (const key of Object.keys(source)) {
    const value = source[key]
    if (value === null || value === undefined) {
      if (overwrite) dest[key] = null
      continue
    }
    const existing = dest[key]
    const incoming = underlyingOf(value)
    const target = underlyingOf(existing)
    if (isMap(incoming) && isMap(target)) {
      mergeInto(target, incoming, overwrite)
      if (!isEmpty(target)) continue
    } else if (Array.isArray(incoming) && Array.isArray(target) && target.length > 0 && !overwrite) continue
    if (overwrite || !Object.hasOwn(dest, key) || isEmpty(existing)) dest[key] = value
  }
}

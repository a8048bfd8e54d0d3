import { isMap, spend, underlyingOf } from '@slipway/go-template'
import type { Values } from '../values/value.ts'
import { checkDepth } from './depth.ts'
import { isEmpty } from './kinds.ts'

/** What an entry of a map takes, roughly. */
export const bytesPerEntry = 64

/**
 * dario.cat/mergo's Merge as Sprig calls it: fills what is empty in `dest`, or with `overwrite` takes all of `source`.
 * Tables that are taken over are shared with the source, not copied, as in Go.
 */
export function mergeInto(dest: Values, source: Values, overwrite: boolean, depth = 0): void {
  checkDepth(depth)
  for (const key of Object.keys(source)) {
    spend(bytesPerEntry)
    const value = source[key]
    if (value === null || value === undefined) {
      if (overwrite) dest[key] = null
      continue
    }
    const existing = dest[key]
    const incoming = underlyingOf(value)
    const target = underlyingOf(existing)
    if (isMap(incoming) && isMap(target)) {
      mergeInto(target, incoming, overwrite, depth + 1)
      if (!isEmpty(target)) continue
    } else if (Array.isArray(incoming) && Array.isArray(target) && target.length > 0 && !overwrite) continue
    if (overwrite || !Object.hasOwn(dest, key) || isEmpty(existing)) dest[key] = value
  }
}

import { stringify } from '@slipway/go-yaml'
import { KustomizeError, prefixed } from './fault.ts'
import type { Resource } from './resource.ts'
import { plain } from './values.ts'

/** An object as kustomize prints it: JSON made YAML, with sorted keys. Throws for what Go can't print. */
export function print({ object, unprintable, source }: Resource): string {
  return prefixed(
    'map[string]interface {}(nil)',
    () => {
      if (unprintable !== undefined) throw new KustomizeError('KUSTOMIZE_INVALID', unprintable)
      return stringify(plain(object))
    },
    source,
  )
}

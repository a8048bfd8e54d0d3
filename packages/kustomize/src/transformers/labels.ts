import { changeField } from '../field-spec.ts'
import { assign, demandKind, emptyMap, isMap, SharedScalar } from '../values.ts'
import type { FieldSpecs, Transformer } from './transformer.ts'

/** `labels` and `commonLabels`. */
export function labelTransformer(config: FieldSpecs & { labels?: Record<string, string> }): Transformer {
  return setEntries(config.labels ?? {}, config)
}

/** `commonAnnotations`. */
export function annotationsTransformer(config: FieldSpecs & { annotations?: Record<string, string> }): Transformer {
  return setEntries(config.annotations ?? {}, config)
}

/** Sets the entries of maps wherever the specs find them; what is new in several places stays one. */
function setEntries(entries: Record<string, string>, { fieldSpecs = [] }: FieldSpecs): Transformer {
  return ({ resources }) => {
    for (const resource of resources) {
      for (const key of Object.keys(entries).toSorted()) {
        const shared = new SharedScalar(entries[key])
        const set = (map: unknown): unknown => {
          demandKind('map', map)
          if (isMap(map)) {
            if (key in map) assign(map, key, entries[key])
            else map[key] = shared
          }
          return map
        }
        for (const spec of fieldSpecs) changeField(resource, spec, { set, make: emptyMap })
      }
    }
  }
}

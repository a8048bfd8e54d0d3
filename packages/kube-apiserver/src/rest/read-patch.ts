import { isObject, unknownFieldText } from '@slipway/kube-objects'
import { duplicateFields } from '../api/document-keys.ts'
import { jsonFault } from '../api/json-fault.ts'
import type { PatchKind } from '../api/media-types.ts'
import { badRequest, StatusError } from '../api/status.ts'
import { duplicateText } from './body.ts'

/** As the API server: a small patch must not cost unbounded work. */
const MAX_OPERATIONS = 10_000

/** A patch in one of the three forms that change the current object without tracking who wants what. */
export interface Patch {
  kind: Exclude<PatchKind, 'apply'>
  patch: unknown
  /** What a strict decoder has against its text. */
  duplicates: string[]
}

/** Throws 400 in the words of Go's decoder, and 413 for too many operations. */
export function readPatch(text: string, kind: Patch['kind']): Patch {
  const refused = (why: string) => badRequest(kind === 'strategic' ? why : `error decoding patch: ${why}`)
  let patch: unknown
  try {
    patch = JSON.parse(text)
  } catch {
    throw refused(jsonFault(text) ?? '')
  }
  const given = goKind(patch)
  if (given === 'null') return emptyPatch(kind)
  if (given !== (kind === 'json' ? 'array' : 'object')) {
    const wanted = kind === 'json' ? '[]handlers.jsonPatchOp' : 'map[string]interface {}'
    throw refused(`json: cannot unmarshal ${given} into Go value of type ${wanted}`)
  }
  const duplicates = duplicateFields(text).map(duplicateText)
  if (kind !== 'json') return { kind, patch, duplicates }
  const { unknown, fault } = readOperations(patch as unknown[])
  if (fault !== undefined) throw refused(fault)
  return { kind, patch, duplicates: [...duplicates, ...unknown].map((text) => `json patch ${text}`) }
}

/** Null is no patch to a merge patch, and an empty one to the others. */
function emptyPatch(kind: Patch['kind']): Patch {
  if (kind === 'merge') throw badRequest('Invalid JSON Patch')
  return { kind, patch: kind === 'json' ? [] : {}, duplicates: [] }
}

/** What the decoder has against the operations of a JSON patch. Throws 413. */
function readOperations(operations: unknown[]): { unknown: string[]; fault?: string } {
  if (operations.length > MAX_OPERATIONS) {
    const most = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`
    throw new StatusError(413, 'RequestEntityTooLarge', most, {})
  }
  const unknown: string[] = []
  for (const [index, operation] of operations.entries()) {
    if (operation === null) continue
    const cannot = (value: unknown) => `json: cannot unmarshal ${goKind(value)} into Go`
    if (!isObject(operation)) return { unknown, fault: `${cannot(operation)} value of type handlers.jsonPatchOp` }
    for (const [field, value] of Object.entries(operation)) {
      const isText = field === 'op' || field === 'path' || field === 'from'
      if (isText && value !== null && typeof value !== 'string') {
        return { unknown, fault: `${cannot(value)} struct field jsonPatchOp.${field} of type string` }
      }
      if (!isText && field !== 'value') unknown.push(unknownFieldText(`[${index}].${field}`))
    }
  }
  return { unknown }
}

/** The kind of a JSON value in the words of Go's decoder. */
function goKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

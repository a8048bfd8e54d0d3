import { isObject } from '@slipway/kube-objects'
import { jsonFault } from '../../api/json-fault.ts'
import type { Spec } from '../../defaults/spec.ts'

/** The operations of a webhook's patch; undefined = none. Throws an Error for what no JSON patch is, in the words of its library. */
export function patchIn({ patch, patchType }: Spec): unknown[] | undefined {
  if (!patch) return undefined
  const operations = decoded(Buffer.from(patch, 'base64').toString())
  if (operations.length === 0) return undefined
  if (patchType !== undefined && patchType !== 'JSONPatch') {
    throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`)
  }
  return operations
}

function decoded(text: string): unknown[] {
  const why = faultOf(text)
  if (why !== undefined) throw new Error(`received undecodable patch in webhook response: ${why}`)
  // Go reads null as a list without operations.
  return JSON.parse(text) ?? []
}

function faultOf(text: string): string | undefined {
  const fault = jsonFault(text)
  if (fault !== undefined) return fault
  const value: unknown = JSON.parse(text)
  if (value === null) return undefined
  if (!Array.isArray(value)) return `json: cannot unmarshal ${kindOf(value)} into Go value of type jsonpatch.Patch`
  const odd = value.find((one) => one !== null && !isObject(one))
  return odd === undefined
    ? undefined
    : `json: cannot unmarshal ${kindOf(odd)} into Go value of type jsonpatch.Operation`
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

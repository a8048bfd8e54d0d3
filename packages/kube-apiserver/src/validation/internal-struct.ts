import { gunzipSync } from 'node:zlib'
import type { Spec } from '../defaults/spec.ts'
import { data } from '../generated/internal-structs.ts'

/**
 * A field: its name in Go, that in the API (empty = those of the embedded struct stand among those around it), its zero or the struct that
 * it is, and letters: s struct, e embedded, o left out when empty, p pointer, l list, m map.
 */
type Field = [name: string, json: string, of: unknown, letters: string]

let table: Record<string, Field[]> | undefined

/** The fields of a struct; the table is unpacked for the first that is shown. */
function fieldsOf(type: string): Field[] {
  table ??= JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()) as Record<string, Field[]>
  return table[type] ?? []
}

/** A value of the API as Kubernetes shows it in a cause, which is the struct as which it holds it: `core.PodSpec` and what is inside. */
export function internalStruct(value: Spec | undefined, type: string): Spec | null {
  if (!value) return null
  const held = type === 'core.PodSpec' ? withHostAccess(value) : value
  return Object.fromEntries(fieldsOf(type).flatMap((field) => entriesOf(held, field))) as Spec
}

/** What a pod shares with its host stands in its security context there. */
function withHostAccess(spec: Spec): Spec {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec
  const access = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
  return { ...spec, securityContext: { ...spec.securityContext, ...access } }
}

function entriesOf(value: Spec, [name, json, of, letters]: Field): [string, unknown][] {
  if (letters.includes('e')) {
    return Object.entries(internalStruct(json ? (value[json] ?? {}) : value, of as string) ?? {})
  }
  const shown = shownField(value[json] ?? undefined, of, letters)
  return letters.includes('o') && isEmpty(shown) ? [] : [[name, shown]]
}

function shownField(value: Spec | undefined, of: unknown, letters: string): unknown {
  const [isStruct, isMany] = [letters.includes('s'), /[lm]/.test(letters)]
  if (!isStruct) return value === undefined ? of : letters.includes('m') ? sorted(value) : value
  if (isMany)
    return value === undefined ? null : (value as unknown as Spec[]).map((one) => internalStruct(one, of as string))
  return internalStruct(letters.includes('p') ? value : (value ?? {}), of as string)
}

/** As Go writes a map. */
const sorted = (map: Spec): unknown =>
  Object.fromEntries(Object.entries(map).toSorted(([one], [other]) => (one < other ? -1 : 1)))

const isEmpty = (value: unknown): boolean => !value || (typeof value === 'object' && Object.keys(value).length === 0)

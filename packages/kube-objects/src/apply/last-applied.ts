import { goJson } from '../go-text.ts'
import { isKubeObject } from '../identity.ts'
import { isObject } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { ANY } from '../schema/node.ts'
import { difference, pathsOf, union } from './field-set.ts'
import { type ApplyInput, type FieldConflict, serverSideApply } from './server-side-apply.ts'
import { compareValues, fieldSetOf } from './typed.ts'

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_ANNOTATION_BYTES = 256 * 1024
/** Who applies under another name has chosen to have nothing to do with client-side apply. */
const KUBECTL = 'kubectl'

/**
 * Server-side apply as the API server answers it: what kubectl applied on the client's side before is its own still, and the
 * annotation that client-side apply goes by follows, so that either may come next (managedfields/lastappliedmanager.go and
 * lastappliedupdater.go).
 */
export function applyConfiguration<T extends KubeObject>(
  input: ApplyInput<T>,
): { object: T; conflicts: FieldConflict[] } {
  const result = serverSideApply(input)
  if (input.manager !== KUBECTL) return result
  const conflicts = withoutOwn(result.conflicts, input)
  if (conflicts.length > 0) return { ...result, conflicts }
  const { object } = result.conflicts.length > 0 ? serverSideApply({ ...input, force: true }) : result
  return { object: withLastApplied(object, input.applied), conflicts }
}

function withoutOwn(conflicts: FieldConflict[], { live, schema = ANY }: ApplyInput): FieldConflict[] {
  const last = live && lastApplied(live)
  // The other side of the comparison would be of another version.
  if (conflicts.length === 0 || last?.apiVersion !== live?.apiVersion) return conflicts
  const { added, removed, modified } = compareValues(last, live, schema)
  const unchanged = difference(fieldSetOf(last, schema), [added, removed, modified].reduce(union))
  const own = new Set(pathsOf(unchanged))
  return conflicts.filter(({ field }) => !own.has(field))
}

function lastApplied({ metadata }: KubeObject): KubeObject | undefined {
  try {
    const value: unknown = JSON.parse(metadata.annotations?.[ANNOTATION] ?? 'null')
    return isKubeObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Annotations that would get too large go without it, as if nothing had been applied on the client's side. */
function withLastApplied<T extends KubeObject>(object: T, applied: KubeObject): T {
  const before = object.metadata.annotations
  if (!before?.[ANNOTATION]) return object
  const text = configurationText(applied)
  if (text === before[ANNOTATION]) return object
  const annotations: Record<string, string> = { ...before, [ANNOTATION]: text }
  if (bytesOf(annotations) > MAX_ANNOTATION_BYTES) delete annotations[ANNOTATION]
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** As kubectl writes it: without itself, and a line. */
function configurationText(applied: KubeObject): string {
  const { annotations, ...metadata } = applied.metadata
  if (!isObject(annotations)) return `${goJson(applied)}\n`
  const { [ANNOTATION]: _, ...others } = annotations
  return `${goJson({ ...applied, metadata: { ...metadata, annotations: others } })}\n`
}

function bytesOf(annotations: Record<string, string>): number {
  return Object.entries(annotations).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0)
}

import type { ReconcileContext } from '@slipway/controller-runtime'
import { type KubeObject, withoutNulls } from '@slipway/kube-objects'
import { canonicalJson } from '../canonical.ts'

/** Whether `before` says all that `fields` say; zeros, like what is empty, may be left out. */
export function says(before: object, fields: object): boolean {
  const known = before as Record<string, unknown>
  return Object.entries(fields).every(([name, value]) => textOf(known[name]) === textOf(value))
}

/** Writes these fields of an object's status, unless it says so already. Conditions that others have written meanwhile stay. */
export async function updateStatus<T extends KubeObject>(
  object: T,
  status: Record<string, unknown>,
  context: Pick<ReconcileContext<T>, 'patchStatus'>,
): Promise<void> {
  const before = object.status ?? {}
  if (says(before, status)) return
  const conditions = status.conditions as Condition[] | undefined
  const patch = conditions ? patchOf(before.conditions ?? [], conditions) : {}
  await context.patchStatus({ ...status, ...patch }, 'strategic')
}

type Condition = { type: string }

/** What makes the one list of conditions the other, by a strategic merge: only those that change are written. */
function patchOf(before: Condition[], after: Condition[]): Record<string, object[]> {
  const changed = after.filter((one) => !before.some((known) => textOf(known) === textOf(one)))
  const gone = before.filter(({ type }) => !after.some((one) => one.type === type))
  return {
    conditions: [
      ...changed.map((condition) => ({ reason: null, message: null, ...condition })),
      ...gone.map(({ type }) => ({ $patch: 'delete', type })),
    ],
    '$setElementOrder/conditions': after.map(({ type }) => ({ type })),
  }
}

/** What a patch takes away counts as what is not there. */
function textOf(value: unknown): string | undefined {
  const given = withoutNulls(value)
  return isNothing(given) ? undefined : canonicalJson(given)
}

const isNothing = (value: unknown): boolean => !value || (typeof value === 'object' && Object.keys(value).length === 0)

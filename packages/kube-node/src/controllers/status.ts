import type { ReconcileContext } from '@slipway/controller-runtime'
import type { KubeObject } from '@slipway/kube-objects'
import { canonicalJson } from '../canonical.ts'

/** Whether `before` says all that `fields` say; zeros, like what is empty, may be left out. */
export function says(before: object, fields: object): boolean {
  const known = before as Record<string, unknown>
  return Object.entries(fields).every(([name, value]) => textOf(known[name]) === textOf(value))
}

/** Writes these fields of an object's status, unless it says so already. */
export async function updateStatus<T extends KubeObject>(
  object: T,
  status: Record<string, unknown>,
  context: Pick<ReconcileContext<T>, 'patchStatus'>,
): Promise<void> {
  if (!says(object.status ?? {}, status)) await context.patchStatus(status)
}

const textOf = (value: unknown): string | undefined => (isNothing(value) ? undefined : canonicalJson(value))

const isNothing = (value: unknown): boolean => !value || (typeof value === 'object' && Object.keys(value).length === 0)

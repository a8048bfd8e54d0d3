import { equalJson } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

/** Both lists together, without those that another one includes (pkg/util/tolerations). */
export function mergeTolerations(first: Spec[], second: Spec[]): Spec[] {
  const all = [...first, ...second]
  const merged: Spec[] = []
  for (const [index, one] of all.entries()) {
    const wider = all.slice(index + 1).some((other) => !equalJson(one, other) && includes(other, one))
    if (!wider && !merged.some((other) => includes(other, one))) merged.push(one)
  }
  return merged
}

/** Whether whatever one tolerates the other does, too, and for as long. */
function includes(wide: Spec, narrow: Spec): boolean {
  if (equalJson(wide, narrow)) return true
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds: most } = wide
  if ((narrow.key ?? '') !== key && !(key === '' && operator === 'Exists')) return false
  if (effect !== '' && (narrow.effect ?? '') !== effect) return false
  const seconds = narrow.tolerationSeconds ?? Number.POSITIVE_INFINITY
  if (effect === 'NoExecute' && most !== undefined && seconds > most) return false
  if (operator === 'Exists') return true
  return (operator === 'Equal' || operator === '') && narrow.operator === 'Equal' && (narrow.value ?? '') === value
}

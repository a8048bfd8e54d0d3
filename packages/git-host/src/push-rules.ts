import { fitsBranch, isValidRefName, isZeroId, type RefUpdate } from '@slipway/git-format'

/** Why each update of a push must not happen, by ref; empty when git may decide. */
export function refusalsOf(updates: RefUpdate[], protectedBranches: string[]): Map<string, string> {
  const refusals = new Map<string, string>()
  for (const { ref, newId } of updates) {
    if (!isValidRefName(ref) || !/^refs\/(heads|tags|notes)\//.test(ref)) refusals.set(ref, 'ref name not allowed')
    else if (isZeroId(newId) && fitsBranch(ref, protectedBranches)) {
      refusals.set(ref, 'protected branch, it cannot be deleted')
    }
  }
  if (refusals.size === 0) return refusals
  for (const { ref } of updates) if (!refusals.has(ref)) refusals.set(ref, 'refused with the rest of the push')
  return refusals
}

import type { HelmRelease } from './helm-release.ts'

/** What is known of the release before anything is done. */
export interface Observed {
  /** The newest stored revision; absent = never installed, or uninstalled. */
  last?: { version: number; status: string; chartDigest: string; values: string; antecedent?: string; ours: boolean }
}

/** What the HelmRelease asks for. */
export interface Desired {
  chartDigest: string
  /** The values as canonical JSON. */
  values: string
  antecedent: string
}

export type Action =
  | { kind: 'install'; reason: string }
  | { kind: 'upgrade'; reason: string }
  /** The stored release is what is wanted: only the live objects need a look. */
  | { kind: 'keep' }
  | { kind: 'refuse'; reason: string }

/** Chooses the one action that brings the release closer to what is wanted (the Helm Operator's determineSyncAction, and what it left open). */
export function decide(release: HelmRelease, desired: Desired, { last }: Observed): Action {
  if (!last || last.status === 'uninstalled') return { kind: 'install', reason: 'there is no release yet' }
  if (last.antecedent !== undefined && last.antecedent !== desired.antecedent) {
    return { kind: 'refuse', reason: `release appears to be managed by '${last.antecedent}'` }
  }
  if (last.status.startsWith('pending-') || last.status === 'uninstalling') {
    // Our own is one that this program did not live to finish; another's may still be at work.
    return last.ours
      ? { kind: 'upgrade', reason: `revision ${last.version} was interrupted` }
      : { kind: 'refuse', reason: `status '${last.status}' of release does not allow a safe upgrade` }
  }
  const same = last.chartDigest === desired.chartDigest && last.values === desired.values
  if (last.status === 'failed') {
    return same && release.status?.observedGeneration === release.metadata.generation && !retries(release)
      ? { kind: 'refuse', reason: `revision ${last.version} failed and nothing has changed since` }
      : { kind: 'upgrade', reason: `revision ${last.version} failed` }
  }
  if (same) return { kind: 'keep' }
  if (
    isRolledBack(release) &&
    !retries(release) &&
    release.status?.observedGeneration === release.metadata.generation
  ) {
    return { kind: 'keep' }
  }
  const changed = last.chartDigest === desired.chartDigest ? 'values' : 'chart'
  return { kind: 'upgrade', reason: `${changed} changed` }
}

function isRolledBack({ status }: HelmRelease): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'RolledBack' && state === 'True') ?? false
}

/** spec.rollback.retry: up to maxRetries (5; 0 = without end). */
function retries({ spec, status }: HelmRelease): boolean {
  const { enable, retry, maxRetries = 5 } = spec.rollback ?? {}
  return enable === true && retry === true && (maxRetries === 0 || (status?.rollbackCount ?? 0) <= maxRetries)
}

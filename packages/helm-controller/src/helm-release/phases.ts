import type { HelmRelease, HelmReleaseCondition, HelmReleaseStatus } from './helm-release.ts'
import { releaseNameOf, targetNamespaceOf } from './helm-release.ts'

/** The Helm Operator's phases that are written. */
export type Phase =
  | 'ChartFetched'
  | 'ChartFetchFailed'
  | 'Installing'
  | 'Upgrading'
  | 'Deployed'
  | 'DeployFailed'
  | 'Testing'
  | 'Tested'
  | 'TestFailed'
  | 'Succeeded'
  | 'Failed'
  | 'RollingBack'
  | 'RolledBack'
  | 'RollbackFailed'

type Effect = [type: string, status: 'True' | 'False' | 'Unknown', message: string]

/** What a phase does to the conditions, and the Operator's own sentences for it (%s is `'release' in 'namespace'`). */
const EFFECTS: Record<Phase, Effect[]> = {
  ChartFetched: [['ChartFetched', 'True', 'Chart fetch was successful for Helm release %s.']],
  ChartFetchFailed: [
    ['ChartFetched', 'False', 'Chart fetch failed for Helm release %s.'],
    ['Released', 'False', 'Chart fetch failed for Helm release %s.'],
  ],
  Installing: [['Deployed', 'Unknown', 'Running installation for Helm release %s.']],
  Upgrading: [['Deployed', 'Unknown', 'Running upgrade for Helm release %s.']],
  Deployed: [['Deployed', 'True', 'Installation or upgrade succeeded for Helm release %s.']],
  DeployFailed: [
    ['Deployed', 'False', 'Installation or upgrade failed for Helm release %s.'],
    ['Released', 'False', 'Installation or upgrade failed for Helm release %s.'],
  ],
  Testing: [['Tested', 'Unknown', 'Testing Helm release %s.']],
  Tested: [['Tested', 'True', 'Test succeeded for Helm release %s.']],
  TestFailed: [
    ['Tested', 'False', 'Test failed for Helm release %s.'],
    ['Released', 'False', 'Test failed for Helm release %s.'],
  ],
  Succeeded: [['Released', 'True', 'Release was successful for Helm release %s.']],
  Failed: [['Released', 'False', 'Release failed for Helm release %s.']],
  RollingBack: [['RolledBack', 'Unknown', 'Rolling back Helm release %s.']],
  RolledBack: [['RolledBack', 'True', 'Rolled back Helm release %s.']],
  RollbackFailed: [['RolledBack', 'False', 'Rollback failed for Helm release %s.']],
}

/**
 * The status after a phase. A condition that is written moves to the end of the list; `detail` (the reason of a failure)
 * is put after the Operator's sentence.
 */
export function enterPhase(release: HelmRelease, phase: Phase, now: string, detail?: string): HelmReleaseStatus {
  const status = release.status ?? {}
  const subject = `'${releaseNameOf(release)}' in '${targetNamespaceOf(release)}'`
  const conditions = EFFECTS[phase].reduce(
    (list, [type, state, sentence]) =>
      moveToEnd(list, {
        type,
        status: state,
        reason: phase,
        message: sentence.replace('%s', subject) + (detail ? ` ${detail}` : ''),
        lastUpdateTime: now,
        lastTransitionTime: now,
      }),
    status.conditions ?? [],
  )
  const next: HelmReleaseStatus = { ...status, phase, conditions }
  if (phase === 'Succeeded') {
    next.conditions = conditions.filter(({ type }) => type !== 'RolledBack')
    next.rollbackCount = 0
  }
  if (phase === 'RolledBack') next.rollbackCount = (status.rollbackCount ?? 0) + 1
  return next
}

function moveToEnd(list: HelmReleaseCondition[], condition: HelmReleaseCondition): HelmReleaseCondition[] {
  const before = list.find(({ type }) => type === condition.type)
  const unchanged = before && before.status === condition.status
  return [
    ...list.filter(({ type }) => type !== condition.type),
    unchanged ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition,
  ]
}

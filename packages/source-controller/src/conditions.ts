import { type ConditionUpdate, changeConditions, reasonOf } from '@slipway/controller-runtime'
import { classOf, describeError, SlipwayError } from '@slipway/errors'
import { withoutCredentials } from '@slipway/git-client'
import type { Condition } from '@slipway/kube-objects'
import type { GitRepository } from './git-repository-kind.ts'

const PASSING = ['Reconciling', 'Stalled', 'FetchFailed', 'ArtifactOutdated', 'StorageOperationFailed']

/** The conditions once the artifact of the revision is stored, in Flux's words. */
export function storedConditions(repository: GitRepository, revision: string, now: string): Condition[] {
  const outcome = {
    status: 'True',
    reason: 'Succeeded',
    message: `stored artifact for revision '${revision}'`,
  } as const
  const set = ['Ready', 'ArtifactInStorage'].map((type) => ({ type, ...outcome }))
  return changeConditions(repository, { set, remove: PASSING }, now)
}

/** The conditions after a failure; the artifact that was stored before stays in storage. */
export function failedConditions(repository: GitRepository, error: unknown, now: string): Condition[] {
  const outcome = { reason: failureReason(error), message: failureMessage(repository, error) }
  // Retrying does not help against what its author must mend (kstatus).
  const progress: ConditionUpdate =
    classOf(error) === 'user'
      ? { type: 'Stalled', status: 'True', ...outcome }
      : { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: outcome.message }
  const set: ConditionUpdate[] = [
    { type: 'Ready', status: 'False', ...outcome },
    { type: 'FetchFailed', status: 'True', ...outcome },
    progress,
  ]
  return changeConditions(repository, { set, remove: PASSING }, now)
}

/** `AuthenticationFailed` and `GitOperationFailed` are Flux's; other errors go by their own code. */
export function failureReason(error: unknown): string {
  const code = error instanceof SlipwayError ? error.code : ''
  if (code === 'GIT_AUTH_FAILED' || code === 'GIT_HOST_KEY_UNKNOWN' || code.startsWith('SECRET_')) {
    return 'AuthenticationFailed'
  }
  return code.startsWith('GIT_') ? 'GitOperationFailed' : reasonOf(error)
}

export function failureMessage({ spec }: GitRepository, error: unknown): string {
  const isGit = error instanceof SlipwayError && error.code.startsWith('GIT_')
  if (!isGit) return describeError(error)
  return `failed to checkout and determine revision: unable to clone '${withoutCredentials(spec.url)}': ${describeError(error)}`
}

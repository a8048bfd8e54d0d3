import { reasonOf, setCondition } from '@slipway/controller-runtime'
import { classOf, describeError, SlipwayError } from '@slipway/errors'
import type { Condition } from '@slipway/kube-objects'
import type { GitRepository } from './git-repository-kind.ts'

type Update = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

const PASSING = ['Reconciling', 'Stalled', 'FetchFailed', 'ArtifactOutdated', 'StorageOperationFailed']

/** The conditions once the artifact of the revision is stored, in Flux's words. */
export function storedConditions(repository: GitRepository, revision: string, now: string): Condition[] {
  const outcome = {
    status: 'True',
    reason: 'Succeeded',
    message: `stored artifact for revision '${revision}'`,
  } as const
  return next(
    repository,
    [
      { type: 'Ready', ...outcome },
      { type: 'ArtifactInStorage', ...outcome },
    ],
    now,
  )
}

/** The conditions after a failure; the artifact that was stored before stays in storage. */
export function failedConditions(repository: GitRepository, error: unknown, now: string): Condition[] {
  const outcome = { reason: failureReason(error), message: failureMessage(repository, error) }
  // Retrying does not help against what its author must mend (kstatus).
  const progress: Update =
    classOf(error) === 'user'
      ? { type: 'Stalled', status: 'True', ...outcome }
      : { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: outcome.message }
  return next(
    repository,
    [{ type: 'Ready', status: 'False', ...outcome }, { type: 'FetchFailed', status: 'True', ...outcome }, progress],
    now,
  )
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
  const url = spec.url.replace(/(:\/\/)[^/@]*@/, '$1')
  return `failed to checkout and determine revision: unable to clone '${url}': ${describeError(error)}`
}

function next({ status, metadata }: GitRepository, updates: Update[], now: string): Condition[] {
  const types = updates.map(({ type }) => type)
  const kept = (status?.conditions ?? []).filter(({ type }) => types.includes(type) || !PASSING.includes(type))
  return updates
    .reduce((conditions, update) => setCondition(conditions, update, now), kept)
    .map((condition) =>
      types.includes(condition.type) && metadata.generation !== undefined
        ? { ...condition, observedGeneration: metadata.generation }
        : condition,
    )
}

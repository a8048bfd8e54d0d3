import type { Pod } from '../../model/pod.ts'
import type { ContainerStatus } from '../../model/pod-status.ts'
import { parseIndexes } from './indexes.ts'
import type { FailureRule, Job } from './job.ts'

/** What the pod failure policy says of a pod that failed. */
export interface FailureVerdict {
  /** Whether it counts towards the back-off limits. */
  counts: boolean
  action?: FailureRule['action']
  /** Why the whole Job fails. */
  message?: string
}

/** The first rule that matches decides (pod_failure_policy.go); without one a failure counts. */
export function failureVerdict({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchOf(rule, pod)
    if (match === undefined) continue
    const message = `${match} matching ${rule.action} rule at index ${index}`
    return { counts: rule.action !== 'Ignore', action: rule.action, ...(rule.action === 'FailJob' && { message }) }
  }
  return { counts: true }
}

function matchOf({ onExitCodes, onPodConditions }: FailureRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata
  if (onExitCodes) {
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
    const matches = (status: ContainerStatus): boolean => matchesExitCode(status, onExitCodes)
    const status = containerStatuses.find(matches) ?? initContainerStatuses.find(matches)
    const code = status?.state.terminated?.exitCode
    return status && `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${code}`
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  )
  return condition && `Pod ${namespace}/${name} has condition ${condition.type}`
}

function matchesExitCode(
  { name, state }: ContainerStatus,
  { containerName, operator, values }: NonNullable<FailureRule['onExitCodes']>,
): boolean {
  const code = state.terminated?.exitCode ?? 0
  if (code === 0 || (containerName !== undefined && containerName !== name)) return false
  return values.includes(code) === (operator === 'In')
}

/** Why an indexed Job has succeeded before all of its indexes have; undefined when it has not (success_policy.go). */
export function successMessage({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  const completions = spec.completions ?? 0
  const met = (spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount
    const wanted = [...parseIndexes(succeededIndexes, completions)]
    if (wanted.length === 0) return false
    return wanted.filter((index) => succeeded.has(index)).length >= (succeededCount ?? wanted.length)
  })
  return met < 0 || succeeded.size === 0 ? undefined : `Matched rules at index ${met}`
}

import { fitsBranch } from '@slipway/git-format'
import type { PipelineRun } from '../run/model.ts'
import { isFinal } from '../run/reconciler.ts'
import type { Repository } from '../trigger/repository.ts'

/** What one PipelineRetention object asks for. */
export interface RetentionRule {
  /** Counted from the end of a run. */
  daysToKeepRuns: number
  runsToRetainPerPipeline: number
}

export interface RetentionFacts {
  /** A run stays where one of them keeps it. */
  rules: readonly RetentionRule[]
  repositories: readonly Repository[]
  /** Milliseconds since 1970. */
  now: number
}

const RETAIN_ANNOTATION = 'slipway.dev/retain'
const DAY = 86_400_000

/**
 * The runs that nothing keeps, oldest first. Azure's rule for its own git repositories (Retention policies, "Pipeline runs"): a run goes
 * when it ended long enough ago, is none of the latest of its pipeline, nor of those for the default or a protected branch, and
 * nobody has retained it.
 */
export function runsToDelete(
  runs: readonly PipelineRun[],
  { rules, repositories, now }: RetentionFacts,
): PipelineRun[] {
  const latestFirst = runs
    .map((run) => ({ run, lines: linesOf(run, repositories) }))
    .sort((a, b) => later(b.run, a.run))
  const kept = rules.map(({ daysToKeepRuns, runsToRetainPerPipeline }) => {
    const latest = firstOfEachLine(latestFirst, runsToRetainPerPipeline)
    const since = now - daysToKeepRuns * DAY
    return (run: PipelineRun) => latest.has(run) || endOf(run) >= since
  })
  return latestFirst
    .map(({ run }) => run)
    .filter((run) => isFinal(run) && !run.metadata.deletionTimestamp && !isRetained(run))
    .filter((run) => !kept.some((keeps) => keeps(run)))
    .reverse()
}

/** What it may be one of the latest of: its pipeline, and its branch where that counts. */
function linesOf({ spec }: PipelineRun, repositories: readonly Repository[]): string[] {
  const name = spec.repository.toLowerCase()
  const pipeline = `${name} ${spec.file}`
  const repository = repositories.find((candidate) => candidate.spec.repositoryName.toLowerCase() === name)
  const { defaultBranch = 'master', protectedBranches = [] } = repository?.spec ?? {}
  return fitsBranch(spec.ref, [defaultBranch, ...protectedBranches])
    ? [pipeline, `${pipeline} ${spec.ref}`]
    : [pipeline]
}

function firstOfEachLine(ordered: readonly { run: PipelineRun; lines: string[] }[], count: number): Set<PipelineRun> {
  const seen = new Map<string, number>()
  const first = new Set<PipelineRun>()
  for (const { run, lines } of ordered) {
    for (const line of lines) {
      const before = seen.get(line) ?? 0
      seen.set(line, before + 1)
      if (before < count) first.add(run)
    }
  }
  return first
}

/** Whoever retains a run may say in the value why. */
function isRetained({ metadata }: PipelineRun): boolean {
  return (metadata.annotations?.[RETAIN_ANNOTATION] ?? 'false') !== 'false'
}

/** For sorting; what has not ended is later than all that has. */
function later(a: PipelineRun, b: PipelineRun): number {
  const [endOfA, endOfB] = [endOf(a), endOf(b)]
  return endOfA === endOfB ? a.spec.buildId - b.spec.buildId : endOfA - endOfB
}

function endOf({ status }: PipelineRun): number {
  return status?.finishTime ? Date.parse(status.finishTime) : Number.POSITIVE_INFINITY
}

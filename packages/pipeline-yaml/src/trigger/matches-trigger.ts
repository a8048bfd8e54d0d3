import type { Filter, Pipeline } from '../model.ts'
import { nameWildcard, pathWildcard, type Wildcard } from './wildcards.ts'

export interface PushedChange {
  /** Full name, such as `refs/heads/master`. */
  ref: string
  /** Absent = not known; then path filters let everything through. */
  changedPaths?: readonly string[]
  /** Of the pushed head commit. */
  message: string
}

/** Whether a push starts a run, and why not when it does not. */
export type TriggerDecision = { matches: true } | { matches: false; reason: string }

// https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#skipping-ci-for-individual-pushes
const SKIP_MARKS = [
  ...['[skip ci]', '[ci skip]', 'skip-checks: true', 'skip-checks:true', '[skip azurepipelines]'],
  ...['[azurepipelines skip]', '[skip azpipelines]', '[azpipelines skip]', '[skip azp]', '[azp skip]', '***no_ci***'],
]

/** Applies the pipeline's `trigger` to a push. */
export function matchesTrigger({ trigger }: Pick<Pipeline, 'trigger'>, change: PushedChange): TriggerDecision {
  const skip = SKIP_MARKS.find((mark) => change.message.toLowerCase().includes(mark))
  if (skip) return no(`the commit message holds ${skip}`)
  if (trigger.kind === 'none') return no('trigger is none')
  if (change.ref.startsWith('refs/tags/')) {
    const tag = change.ref.slice('refs/tags/'.length)
    // Without a filter tags start nothing.
    if (trigger.tags.include.length === 0 && trigger.tags.exclude.length === 0) return no('trigger has no tags')
    return selector(trigger.tags, 'refs/tags/', nameWildcard)(tag)
      ? { matches: true }
      : no(`trigger leaves out the tag ${tag}`)
  }
  if (!change.ref.startsWith('refs/heads/')) return no(`${change.ref} is no branch`)
  const branch = change.ref.slice('refs/heads/'.length)
  if (!selector(trigger.branches, 'refs/heads/', nameWildcard)(branch))
    return no(`trigger leaves out the branch ${branch}`)
  const { paths } = trigger
  if (!change.changedPaths || (paths.include.length === 0 && paths.exclude.length === 0)) return { matches: true }
  const wanted = change.changedPaths.some(selector(paths, '/', pathWildcard))
  return wanted ? { matches: true } : no('trigger leaves out every changed path')
}

/** Includes first, then excludes are cut from them; excludes alone cut from everything. */
function selector({ include, exclude }: Filter, prefix: string, wildcard: (pattern: string) => Wildcard): Wildcard {
  const compile = (texts: string[]): Wildcard[] =>
    texts.map((text) => wildcard(text.startsWith(prefix) ? text.slice(prefix.length) : text))
  const [included, excluded] = [compile(include), compile(exclude)]
  return (name) =>
    (included.length === 0 || included.some((fits) => fits(name))) && !excluded.some((fits) => fits(name))
}

function no(reason: string): TriggerDecision {
  return { matches: false, reason }
}

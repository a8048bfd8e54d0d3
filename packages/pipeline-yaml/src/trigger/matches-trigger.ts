import type { Filter, Pipeline } from '../model.ts'

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
    return selects(trigger.tags, tag, 'refs/tags/', namePattern)
      ? { matches: true }
      : no(`trigger leaves out the tag ${tag}`)
  }
  if (!change.ref.startsWith('refs/heads/')) return no(`${change.ref} is no branch`)
  const branch = change.ref.slice('refs/heads/'.length)
  if (!selects(trigger.branches, branch, 'refs/heads/', namePattern))
    return no(`trigger leaves out the branch ${branch}`)
  const { paths } = trigger
  if (!change.changedPaths || (paths.include.length === 0 && paths.exclude.length === 0)) return { matches: true }
  const wanted = change.changedPaths.some((path) => selects(paths, path, '/', pathPattern))
  return wanted ? { matches: true } : no('trigger leaves out every changed path')
}

/** Includes first, then excludes are cut from them; excludes alone cut from everything. */
function selects(filter: Filter, name: string, prefix: string, pattern: (text: string) => RegExp): boolean {
  const matches = (text: string): boolean =>
    pattern(text.startsWith(prefix) ? text.slice(prefix.length) : text).test(name)
  const included = filter.include.length === 0 || filter.include.some(matches)
  return included && !filter.exclude.some(matches)
}

const escapePattern = (text: string): string => text.replace(/[\\^$.|+()[\]{}]/g, '\\$&')

/** In names of branches and tags `*` reaches over `/`. */
function namePattern(text: string): RegExp {
  return new RegExp(`^${escapePattern(text).replace(/\*+/g, '.*').replaceAll('?', '.')}$`)
}

/** A path names itself and, as a folder, everything below. Case counts. */
function pathPattern(text: string): RegExp {
  const source = escapePattern(text.replace(/\/$/, '')).replace(/\*+|\?/g, (mark) =>
    mark === '?' ? '[^/]' : mark === '*' ? '[^/]*' : '.*',
  )
  return new RegExp(`^${source}(/.*)?$`)
}

function no(reason: string): TriggerDecision {
  return { matches: false, reason }
}

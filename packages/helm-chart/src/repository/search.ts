import { compareStrings } from '@slipway/go-template'
import { RE2JS } from 're2js'
import { parseConstraint } from '../semver/constraint.ts'
import { compareVersions, parseVersion } from '../semver/version.ts'
import type { IndexEntry, RepositoryIndex } from './index-file.ts'

/** What `helm search repo` looks for. */
export interface ChartSearch {
  /** Matches names, descriptions and keywords; everything when absent. */
  readonly term?: string
  /** The term is an RE2 expression. @default false */
  readonly regexp?: boolean
  /** A version or range. @default '>0.0.0', which leaves prereleases out */
  readonly version?: string
  /** Every version instead of the newest that fits. @default false */
  readonly allVersions?: boolean
}

export interface FoundChart {
  /** `REPOSITORY/CHART`. */
  readonly name: string
  readonly entry: IndexEntry
}

interface Match extends FoundChart {
  /** The field that matched: 0 the chart's name, 1 the full name, 2 the description, 3 the keywords. */
  readonly score: number
}

/** The charts of some repositories that fit, best match first, newest version first. Throws an Error on a malformed range or expression. */
export function searchCharts(
  repositories: ReadonlyMap<string, RepositoryIndex>,
  { term = '', regexp = false, version = '', allVersions = false }: ChartSearch,
): FoundChart[] {
  const find = finder(term, regexp)
  const matches: Match[] = []
  for (const [repository, { entries }] of repositories) {
    for (const [chart, versions] of Object.entries(entries)) {
      for (const entry of versions) {
        const score = scoreOf(find, repository, entry)
        if (score !== undefined) matches.push({ name: `${repository}/${chart}`, entry, score })
      }
    }
  }
  return fitting(matches.sort(byScore), version, allVersions).map(({ name, entry }) => ({ name, entry }))
}

type Finder = (line: string) => number

function finder(term: string, regexp: boolean): Finder {
  if (!regexp) return (line) => line.toLowerCase().indexOf(term.toLowerCase())
  const expression = RE2JS.compile(term)
  return (line) => {
    const match = expression.matcher(line)
    return match.find() ? match.start() : -1
  }
}

function scoreOf(find: Finder, repository: string, { metadata }: IndexEntry): number | undefined {
  const { name, description = '', keywords = [] } = metadata
  const fields = [name, `${repository}/${name}`, description, keywords.join(' ')]
  const at = find(fields.join('\v'))
  if (at < 0) return undefined
  let end = 0
  for (const [index, field] of fields.entries()) {
    end += field.length
    if (at <= end + index) return index
  }
  return fields.length - 1
}

function byScore(a: Match, b: Match): number {
  if (a.score !== b.score) return a.score - b.score
  if (a.name !== b.name) return compareStrings(a.name, b.name)
  return compareVersions(parseVersion(b.entry.metadata.version), parseVersion(a.entry.metadata.version))
}

function fitting(matches: readonly Match[], version: string, allVersions: boolean): Match[] {
  const constraint = parseConstraint(version === '' ? '>0.0.0' : version)
  const seen = new Set<string>()
  return matches.filter(({ name, entry }) => {
    if ((!allVersions && seen.has(name)) || !constraint.check(parseVersion(entry.metadata.version))) return false
    seen.add(name)
    return true
  })
}

export type Severity = 'INFO' | 'WARNING' | 'ERROR'

/** Something that `helm lint` says of a chart. */
export interface Finding {
  readonly severity: Severity
  /** File or folder, relative to the chart's. */
  readonly path: string
  readonly message: string
}

/** What the rules have found so far. */
export class Findings {
  readonly list: Finding[] = []

  /** Notes a problem, where there is one; true when there is none. */
  check(severity: Severity, path: string, problem: string | undefined): boolean {
    if (problem !== undefined) this.list.push({ severity, path, message: problem })
    return problem === undefined
  }

  /** Runs what throws an Error where something is wrong. Gives undefined then. */
  attempt<T>(path: string, work: () => T, prefix = ''): T | undefined {
    try {
      return work()
    } catch (error) {
      this.check('ERROR', path, prefix + (error instanceof Error ? error.message : String(error)))
      return undefined
    }
  }
}

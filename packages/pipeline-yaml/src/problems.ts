import { type Place, UserError } from '@slipway/errors'

/** Why a pipeline file is refused or warned about; see docs/errors.md. */
export type PipelineErrorCode =
  | 'PIPELINE_YAML_INVALID'
  | 'PIPELINE_YAML_UNSUPPORTED'
  | 'PIPELINE_TOO_LARGE'
  | 'PIPELINE_KEY_UNKNOWN'
  | 'PIPELINE_KEY_MISSING'
  | 'PIPELINE_VALUE_INVALID'
  | 'PIPELINE_NOT_SUPPORTED'
  | 'PIPELINE_EXPRESSION_INVALID'
  | 'PIPELINE_PARAMETER_INVALID'
  | 'PIPELINE_DEPENDENCY_INVALID'
  | 'PIPELINE_TASK_UNKNOWN'
  | 'PIPELINE_INPUT_MISSING'
  | 'PIPELINE_INPUT_UNKNOWN'
  | 'PIPELINE_INPUT_INVALID'

/** Who has so many faults to mend looks again afterwards anyhow. */
const MOST_ERRORS = 200

/** Gathers everything that is wrong with one file, so that its author sees it all at once. */
export class Problems {
  readonly errors: UserError[] = []
  readonly warnings: UserError[] = []

  /** Whether further errors are left out. */
  get isFull(): boolean {
    return this.errors.length >= MOST_ERRORS
  }

  error(code: PipelineErrorCode, message: string, at: Place, hint?: string): void {
    if (!this.isFull) this.errors.push(problem(code, message, at, hint))
  }

  warn(code: PipelineErrorCode, message: string, at: Place, hint?: string): void {
    this.warnings.push(problem(code, message, at, hint))
  }
}

function problem(code: PipelineErrorCode, message: string, at: Place, hint: string | undefined): UserError {
  return new UserError(code, message, { at, ...(hint !== undefined && { hint }) })
}

/** `did you mean x?` when one of the names is close to what was written. */
export function suggest(written: string, names: Iterable<string>): string | undefined {
  const wanted = written.toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const most = Math.max(1, Math.floor(wanted.length / 3))
    // So many characters have to come or go in any case.
    if (Math.abs(wanted.length - name.length) > most) continue
    const distance = editDistance(wanted, name.toLowerCase())
    if (distance <= most && distance < (best?.distance ?? Infinity)) {
      best = { name, distance }
    }
  }
  return best && `did you mean ${best.name}?`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution))
    }
    row = next
  }
  return row[b.length] ?? 0
}

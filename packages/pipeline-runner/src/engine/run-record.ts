import { formatPlace, SlipwayError } from '@slipway/errors'
import type { RunIssue, RunOutputs, StepRecord } from '../run/model.ts'
import type { Masker } from './masker.ts'

/** What a run tells the outside about itself while it goes; every text in it is masked. */
export class RunRecord {
  readonly steps: StepRecord[] = []
  readonly issues: RunIssue[] = []
  readonly outputs: RunOutputs = { images: [], charts: [] }
  readonly #masker: Masker
  readonly #changed: () => void

  constructor(masker: Masker, changed: () => void) {
    this.#masker = masker
    this.#changed = changed
  }

  addStep(step: StepRecord): StepRecord {
    this.steps.push(step)
    return step
  }

  updateStep(step: StepRecord, update: Partial<StepRecord>): void {
    Object.assign(step, update)
    if (update.displayName !== undefined) step.displayName = this.#masker.mask(update.displayName)
    this.#changed()
  }

  issue(issue: RunIssue): void {
    // A step that warns a thousand times must not outgrow the object that this is stored in.
    if (this.issues.length >= 50) return
    this.issues.push({ ...issue, message: this.#masker.mask(issue.message).slice(0, 1000) })
    this.#changed()
  }

  problem(type: RunIssue['type'], error: unknown): void {
    const at = error instanceof SlipwayError ? error.at : undefined
    const hint = error instanceof SlipwayError && error.hint ? ` (${error.hint})` : ''
    this.issue({
      type,
      message: `${error instanceof Error ? error.message : String(error)}${hint}`,
      ...(at?.file !== undefined && { file: at.file }),
      ...(at?.line !== undefined && { line: at.line }),
      ...(at?.column !== undefined && { column: at.column }),
    })
  }

  artifact(kind: string | undefined, { name = '', version, digest = '' }: Record<string, string | undefined>): void {
    const pushedAt = now()
    if (kind === 'image') {
      this.outputs.images.push({ name, digest, pushedAt })
    } else if (kind === 'chart') {
      const colon = name.lastIndexOf(':')
      const chart = colon < 0 ? name : name.slice(0, colon)
      this.outputs.charts.push({ name: chart, version: version ?? name.slice(chart.length + 1), digest, pushedAt })
    }
    this.#changed()
  }
}

/** An issue as one line: `file:line:column: message`. */
export function describeIssue({ message, ...at }: RunIssue): string {
  const place = formatPlace(at)
  return place ? `${place}: ${message}` : message
}

/** RFC 3339 with milliseconds. */
export function now(): string {
  return new Date().toISOString()
}

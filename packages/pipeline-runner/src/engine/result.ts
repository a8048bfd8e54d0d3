/** How a step or job ended. */
export type StepResult = 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled' | 'Skipped'

const SEVERITY: StepResult[] = ['Skipped', 'Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled']

/** The worse of two results. */
export function mergeResults(a: StepResult, b: StepResult): StepResult {
  return SEVERITY.indexOf(a) >= SEVERITY.indexOf(b) ? a : b
}

import { type Candidate, startOf } from './victims.ts'

/** Priorities are made positive, so that few pods of a negative one weigh less than many. */
const OFFSET = 2 ** 31

/** What speaks against a candidate, the weightiest first (kube-scheduler, pickOneNodeForPreemption). */
const COSTS: ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  ({ victims }) => victims[0]?.priority ?? 0,
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + OFFSET, 0),
  ({ victims }) => victims.length,
  (candidate) => -earliestStart(candidate),
]

/** The Node whose victims are the least loss; of equals the first. */
export function leastLoss([first, ...more]: Candidate[]): Candidate | undefined {
  return first && more.reduce((best, one) => (isLess(one, best) ? one : best), first)
}

function isLess(a: Candidate, b: Candidate): boolean {
  for (const cost of COSTS) {
    const difference = cost(a) - cost(b)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** When the longest running of the most important victims started. */
function earliestStart({ victims }: Candidate): number {
  return Math.min(...victims.filter(({ priority }) => priority === victims[0]?.priority).map(startOf))
}

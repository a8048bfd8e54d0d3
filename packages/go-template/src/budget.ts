import { defaultLimits, type TemplateLimits } from './limits.ts'

/** How much more may be made before the clock is looked at again. */
const bytesPerLook = 1024 * 1024
const stepsPerLook = 1024

/**
 * What is left of the limits. Everything that runs with one budget counts together: the executions that nest in each
 * other, and all sets and executions that were given the same one.
 */
export class Budget {
  readonly limits: TemplateLimits
  steps = 0
  bytes = 0
  /** Templates and executions that are under way now. */
  depth = 0
  private stepsToLook = 0
  private nextLook = bytesPerLook
  /** What was exceeded; it stays so, whoever passes over the error. */
  private problem: string | undefined

  constructor(limits: Partial<TemplateLimits> = {}) {
    this.limits = { ...defaultLimits, ...limits }
  }

  /** Which limit was reached, if one was. */
  get exceeded(): string | undefined {
    return this.problem
  }

  /** Counts one action or loop turn; what is wrong, when a limit is reached. */
  step(): string | undefined {
    if (++this.steps > this.limits.maxSteps) this.problem ??= `execution takes more than ${this.limits.maxSteps} steps`
    if (--this.stepsToLook < 0) {
      this.stepsToLook = stepsPerLook
      this.lookAtClock()
    }
    return this.problem
  }

  /** Counts what a function makes or goes through. Throws an Error when a limit is reached. */
  spend(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.limits.maxBytes) this.problem ??= `execution makes more than ${this.limits.maxBytes} bytes`
    if (this.bytes > this.nextLook) {
      this.nextLook = this.bytes + bytesPerLook
      this.lookAtClock()
    }
    if (this.problem !== undefined) throw new Error(this.problem)
  }

  /** Looks at the clock now, whatever was spent. Throws an Error when time is up. */
  checkTime(): void {
    this.lookAtClock()
    if (this.problem !== undefined) throw new Error(this.problem)
  }

  /** Forgets what was spent. */
  reset(): void {
    this.steps = 0
    this.bytes = 0
    this.depth = 0
    this.nextLook = bytesPerLook
    this.problem = undefined
  }

  private lookAtClock(): void {
    if (this.limits.isExpired?.()) this.problem ??= 'execution takes too long'
  }
}

let active: Budget | undefined

/** From now on `spend` counts against this budget; gives the one before. Everything is synchronous, so there is one at a time. */
export function countWith(budget: Budget | undefined): Budget | undefined {
  const before = active
  active = budget
  return before
}

/**
 * For functions that make or go through more than their arguments and result show: counts so many bytes, roughly, against
 * the execution under way. Throws an Error when it has used up its limit. Outside of executions nothing counts.
 */
export function spend(bytes: number): void {
  active?.spend(bytes)
}

/** For functions whose work nobody can tell beforehand: throws an Error when the time of the execution under way is up. */
export function checkTime(): void {
  active?.checkTime()
}

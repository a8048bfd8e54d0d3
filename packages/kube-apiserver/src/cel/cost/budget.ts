/** What one expression may cost (apiserver's apis/cel/config.go): about a tenth of a second. */
const CALL_LIMIT = 1_000_000
/** What all rules for one object, or all expressions of one binding, may cost together. */
const RUNTIME_BUDGET = 10_000_000
/** What all match conditions of a webhook or a policy may cost together. */
export const CONDITIONS_BUDGET = 2_500_000

/** One expression cost more than any may. */
export class CallLimitExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

/** The expressions for one object have used up what they may cost together. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/** What the evaluation that is going on has cost so far. None is interrupted, but a policy's variable is evaluated within another. */
let spent = 0
/** Thrown again and again while loops wind up: to make it costs more than a step does. */
const ENDED = new CallLimitExceeded()

/** Counts a step of the evaluation that is going on, and ends it when it has cost too much. */
export function charge(cost: number): void {
  spent += cost
  if (spent > CALL_LIMIT) throw ENDED
}

/** What may still be spent on an object. */
export class CostBudget {
  #left: number

  constructor(budget = RUNTIME_BUDGET) {
    this.#left = budget
  }

  /** Evaluates, and pays for it. Throws OutOfBudget or CallLimitExceeded, or what the evaluation throws. */
  spend<T>(evaluate: () => T): T {
    const outer = spent
    spent = 0
    let outcome: { value: T } | { error: unknown }
    try {
      outcome = { value: evaluate() }
    } catch (error) {
      outcome = { error }
    }
    const cost = spent
    spent = outer
    this.#left -= cost
    if (this.#left < 0) throw new OutOfBudget()
    // Inside of an expression other errors can be passed over; this one must not be.
    if (cost > CALL_LIMIT) throw new CallLimitExceeded()
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }
}

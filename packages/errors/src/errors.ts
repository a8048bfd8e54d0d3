/** Who can make the error go away: the author of the input, time or the network, or we. */
export type ErrorClass = 'user' | 'transient' | 'bug'

/** Where an error is. `line` and `column` count from 1. */
export interface Place {
  file?: string
  line?: number
  column?: number
  /** The Kubernetes object or other named thing, such as `HelmRelease/default/appa`. */
  object?: string
}

export interface ErrorOptions {
  at?: Place
  /** What the reader should do next, one sentence. */
  hint?: string
  cause?: unknown
}

/** An error that a reader can act on: class, code (one row of docs/errors.md), place and advice. Never holds secrets. */
export abstract class SlipwayError extends Error {
  abstract readonly class: ErrorClass
  readonly code: string
  readonly at: Place | undefined
  readonly hint: string | undefined

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.at = options.at
    this.hint = options.hint
  }
}

/** The author of a manifest, chart, pipeline or request can mend it; it is not retried until that input changes. */
export class UserError extends SlipwayError {
  readonly class = 'user'
}

/** Time or the network may mend it; it is retried. */
export class TransientError extends SlipwayError {
  readonly class = 'transient'
  /** Milliseconds to wait before the next try, when the other side said so. */
  readonly retryAfter: number | undefined

  constructor(code: string, message: string, options: ErrorOptions & { retryAfter?: number } = {}) {
    super(code, message, options)
    this.retryAfter = options.retryAfter
  }
}

/** A state that our own code rules out; anything thrown that is no SlipwayError counts as this too. */
export class BugError extends SlipwayError {
  readonly class = 'bug'
}

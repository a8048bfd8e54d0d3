/** Bounds of what runs with one budget: one outermost `execute` with all executions inside it (include, tpl), or more. */
export interface TemplateLimits {
  /** Actions and loop turns. @default 20_000_000 */
  readonly maxSteps: number
  /** Bytes, roughly, that functions make or go through. @default 512 Mi */
  readonly maxBytes: number
  /** UTF-16 units that one execution writes, or that one function returns as a string. @default 16 Mi */
  readonly maxOutputLength: number
  /** Templates inside templates. @default 1_000 */
  readonly maxDepth: number
  /** True once time is up; asked now and then. */
  readonly isExpired?: () => boolean
}

export const defaultLimits: TemplateLimits = {
  maxSteps: 20_000_000,
  maxBytes: 512 * 1024 * 1024,
  maxOutputLength: 16 * 1024 * 1024,
  maxDepth: 1_000,
}

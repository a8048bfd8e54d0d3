/** Bounds of one outermost `execute`, all executions inside it (include, tpl) counted together. */
export interface TemplateLimits {
  /** Actions and loop turns. @default 20_000_000 */
  readonly maxSteps: number
  /** UTF-16 units that one execution writes, or that one function returns as a string. @default 64 Mi */
  readonly maxOutputLength: number
  /** Templates inside templates. @default 1_000 */
  readonly maxDepth: number
  /** True once time is up; asked every thousand steps. */
  readonly isExpired?: () => boolean
}

export const defaultLimits: TemplateLimits = {
  maxSteps: 20_000_000,
  maxOutputLength: 64 * 1024 * 1024,
  maxDepth: 1_000,
}

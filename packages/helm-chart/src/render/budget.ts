import { Budget, type TemplateLimits } from '@slipway/go-template'
import type { Platform } from '../platform.ts'

// Helm's own limit of one template inside itself.
export const maxIncludes = 1000
const maxMilliseconds = 60_000

/**
 * One budget for all that a chart makes of its values. No real chart comes near a tenth of it, nor takes seconds. The processor's
 * time, which is slow to ask for, counts from when the clock says that half of it may be over.
 */
export function budgetOf(platform: Platform, limits: Partial<TemplateLimits> = {}): Budget {
  const now = () => platform.now().getTime()
  const processorTime = () => platform.processorTime?.() ?? now()
  const half = now() + maxMilliseconds / 2
  let end: number | undefined
  const isExpired = () => {
    if (end === undefined && now() < half) return false
    end ??= processorTime() + maxMilliseconds / 2
    return processorTime() > end
  }
  return new Budget({ maxDepth: maxIncludes + 100, isExpired, ...limits })
}

import { messageOf } from '@slipway/errors'
import { RE2JS } from 're2js'
import { KustomizeError } from './fault.ts'

/** Go's regular expressions, in linear time. */
export interface Regex {
  /** Whether it is found anywhere in a text. */
  test: (text: string) => boolean
}

const known = new Map<string, Regex>()

/** Throws a KustomizeError with Go's words. */
export function compileRegex(pattern: string): Regex {
  const before = known.get(pattern)
  if (before) return before
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (error) {
    throw new KustomizeError('KUSTOMIZE_INVALID', messageOf(error), { cause: error })
  }
  const regex = { test: (text: string) => compiled.matcher(text).find() }
  if (known.size > 500) known.clear()
  known.set(pattern, regex)
  return regex
}

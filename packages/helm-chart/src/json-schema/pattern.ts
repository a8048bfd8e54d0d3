import { RE2JS } from 're2js'

const patterns = new Map<string, RE2JS>()

/** A pattern as RE2, so that none takes more than linear time. Throws an Error with Go's text. */
export function compilePattern(pattern: string): RE2JS {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    compiled = RE2JS.compile(pattern)
    if (patterns.size >= 500) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled
}

import { RE2JS } from 're2js'

const patterns = new Map<string, RE2JS>()

/** A pattern as RE2 reads it, which `matches`, `find` and `findAll` are about. Throws an Error with Go's text. */
export function compilePattern(pattern: string): RE2JS {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    compiled = RE2JS.compile(pattern)
    if (patterns.size >= 500) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled
}

/** What the pattern finds in the text, at most `limit` times; less than 0 = all. */
export function findAll(text: string, pattern: string, limit = -1): string[] {
  const matcher = compilePattern(pattern).matcher(text)
  const found: string[] = []
  while (found.length !== limit && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

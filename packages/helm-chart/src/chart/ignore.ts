import { compilePathPattern } from './match-path.ts'
import { baseName } from './path.ts'

interface Rule {
  readonly negate: boolean
  readonly foldersOnly: boolean
  matches(path: string): boolean
}

/** The rules of a `.helmignore` file. */
export interface IgnoreRules {
  /** Whether the loader leaves a file or folder out; a folder with everything in it. */
  ignores(path: string, isFolder: boolean): boolean
}

/** Reads a `.helmignore`; hidden files below templates/ are always ignored. Throws an Error with Helm's text. */
export function parseIgnoreRules(text: string): IgnoreRules {
  const lines = [...text.replace(/^\uFEFF/, '').split(/\r?\n/), 'templates/.?*']
  const rules = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseRule)
  return { ignores: (path, isFolder) => rules.some((rule) => applies(rule, path, isFolder)) }
}

// Helm's negation differs from .gitignore: what a `!` rule does not match is ignored.
function applies(rule: Rule, path: string, isFolder: boolean): boolean {
  if (rule.negate) return (rule.foldersOnly && !isFolder) || !rule.matches(path)
  return !(rule.foldersOnly && !isFolder) && rule.matches(path)
}

function parseRule(line: string): Rule {
  if (line.includes('**')) throw new Error('double-star (**) syntax is not supported')
  if (compilePathPattern(line)('abc') === undefined) throw new Error('syntax error in pattern')
  const negate = line.startsWith('!')
  const body = negate ? line.slice(1) : line
  const foldersOnly = body.endsWith('/')
  const pattern = foldersOnly ? body.slice(0, -1) : body
  const matches = compilePathPattern(pattern.replace(/^\//, ''))
  // Without a slash, a rule is for names wherever they are. What is malformed further on matches nothing.
  const isForNames = !pattern.includes('/')
  return { negate, foldersOnly, matches: (path) => matches(isForNames ? baseName(path) : path) ?? false }
}

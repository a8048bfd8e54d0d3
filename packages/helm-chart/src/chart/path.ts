/** Go's path.Clean. */
export function cleanPath(path: string): string {
  if (path === '') return '.'
  const rooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!rooted) parts.push('..')
  }
  const joined = parts.join('/')
  return rooted ? `/${joined}` : joined || '.'
}

/** Go's path.Base. */
export function baseName(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** Go's path.Dir. */
export function dirName(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf('/') + 1))
}

/** Go's path.Ext: from the last dot of the last element, empty without one. */
export function extension(path: string): string {
  const base = path.slice(path.lastIndexOf('/') + 1)
  const dot = base.lastIndexOf('.')
  return dot < 0 ? '' : base.slice(dot)
}

/** Go's filepath.Match on a system with `/`: `*` and `?` stop at slashes. Throws an Error on a malformed pattern. */
export function matchPath(pattern: string, name: string): boolean {
  return patternOf(pattern).test(name)
}

function patternOf(pattern: string): RegExp {
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '\\') {
      i++
      if (i >= pattern.length) throw new Error('syntax error in pattern')
      source += quoteChar(pattern[i] as string)
    } else if (char === '[') {
      const end = classEnd(pattern, i)
      source += classOf(pattern.slice(i + 1, end))
      i = end
    } else source += quoteChar(char)
  }
  return new RegExp(`^${source}$`, 'su')
}

function classEnd(pattern: string, start: number): number {
  let i = start + 1
  if (pattern[i] === '^') i++
  if (pattern[i] === ']') throw new Error('syntax error in pattern')
  for (; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === ']') return i
  }
  throw new Error('syntax error in pattern')
}

function classOf(body: string): string {
  const negated = body.startsWith('^')
  let source = ''
  const text = negated ? body.slice(1) : body
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '-') source += i > 0 && i < text.length - 1 ? '-' : '\\-'
    else source += quoteChar(text[i] === '\\' ? (text[++i] as string) : (text[i] as string))
  }
  // Go's classes never match a slash.
  return `(?!/)[${negated ? '^' : ''}${source}]`
}

function quoteChar(char: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char
}

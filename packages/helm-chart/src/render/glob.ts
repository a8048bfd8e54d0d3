/** A pattern as gobwas/glob compiles it with `/` as separator: `*` stops at slashes, `**` does not, `{a,b}` chooses. */
export function compileGlob(pattern: string): (name: string) => boolean {
  const regex = new RegExp(`^${sourceOf(pattern)}$`, 'su')
  return (name) => regex.test(name)
}

function sourceOf(pattern: string): string {
  let source = ''
  let depth = 0
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string
    if (char === '\\') {
      i++
      if (i < pattern.length) source += quoteChar(pattern[i] as string)
    } else if (char === '*') {
      const isSuper = pattern[i + 1] === '*'
      while (pattern[i + 1] === '*') i++
      source += isSuper ? '.*' : '[^/]*'
    } else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 1)
      if (end < 0) throw new Error('unexpected end of input')
      source += classOf(pattern.slice(i + 1, end))
      i = end
    } else if (char === '{') {
      depth++
      source += '(?:'
    } else if (char === '}' && depth > 0) {
      depth--
      source += ')'
    } else if (char === ',' && depth > 0) source += '|'
    else source += quoteChar(char)
  }
  if (depth > 0) throw new Error('unexpected end of input')
  return source
}

function classOf(body: string): string {
  const negated = body.startsWith('!') || body.startsWith('^')
  const text = (negated ? body.slice(1) : body).replaceAll(/[\\\]^]/g, '\\$&')
  return `[${negated ? '^' : ''}${text}]`
}

function quoteChar(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}

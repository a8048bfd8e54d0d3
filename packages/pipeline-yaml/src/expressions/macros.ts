/**
 * Replaces `$(name)` by what `lookup` gives and leaves unknown names as they stand. One pass: a value's own macros are not
 * looked at (the agent's VarUtil.ExpandValues). In `$(a $(b))` only the inner one is a name.
 */
export function expandMacros(text: string, lookup: (name: string) => string | undefined): string {
  let result = ''
  let rest = 0
  let from = 0
  for (;;) {
    const start = text.indexOf('$(', from)
    const end = start < 0 ? -1 : text.indexOf(')', start + 2)
    if (end < 0) return result + text.slice(rest)
    const value = lookup(text.slice(start + 2, end))
    if (value === undefined) {
      from = start + 1
    } else {
      result += text.slice(rest, start) + value
      rest = from = end + 1
    }
  }
}

const DEEPEST_VARIABLE = 50

/** The value of a variable with the variables in it replaced, to depth 50; a cycle is left as it is written. */
export function expandVariable(name: string, lookup: (name: string) => string | undefined): string | undefined {
  const open: string[] = []
  const expand = (variable: string): string | undefined => {
    const key = variable.toLowerCase()
    const value = lookup(variable)
    if (value === undefined || !value.includes('$(')) return value
    if (open.includes(key) || open.length >= DEEPEST_VARIABLE) return undefined
    open.push(key)
    const expanded = expandMacros(value, expand)
    open.pop()
    return expanded
  }
  return expand(name)
}

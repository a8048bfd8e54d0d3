const LONGEST_NAME = 1024

/**
 * Replaces `$(name)` by what `lookup` gives and leaves unknown names as they stand. One pass: a value's own macros are not
 * looked at (the agent's VarUtil.ExpandValues). In `$(a $(b))` only the inner one is a name.
 */
export function expandMacros(text: string, lookup: (name: string) => string | undefined): string {
  let result = ''
  let rest = 0
  let from = 0
  let end = -1
  for (;;) {
    const start = text.indexOf('$(', from)
    if (start < 0) return result + text.slice(rest)
    if (end < start + 2) end = text.indexOf(')', start + 2)
    if (end < 0) return result + text.slice(rest)
    const value = end - start > LONGEST_NAME ? undefined : lookup(text.slice(start + 2, end))
    if (value === undefined) {
      from = start + 1
    } else {
      result += text.slice(rest, start) + value
      rest = from = end + 1
    }
  }
}

const DEEPEST_VARIABLE = 50
/** Each variable may name others twice, and those others: what is longer is no value that a process could take. */
const LONGEST_VALUE = 1024 ** 2

/** The value of a variable with the variables in it replaced, to depth 50; a cycle, and what grows too long, is left as it is written. */
export function expandVariable(name: string, lookup: (name: string) => string | undefined): string | undefined {
  const open: string[] = []
  let left = LONGEST_VALUE
  const expand = (variable: string): string | undefined => {
    const key = variable.toLowerCase()
    const value = lookup(variable)
    // An empty one takes a turn too.
    left -= (value?.length ?? 0) + 1
    if (left < 0 && open.length > 0) return undefined
    if (value === undefined || !value.includes('$(')) return value
    if (open.includes(key) || open.length >= DEEPEST_VARIABLE) return undefined
    open.push(key)
    const expanded = expandMacros(value, expand)
    open.pop()
    return expanded
  }
  return expand(name)
}

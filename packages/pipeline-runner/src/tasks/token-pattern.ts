export interface TokenOptions {
  prefix: string
  suffix: string
  keepToken: boolean
  /** A variable with this value stands for the empty string. */
  emptyValue: string | undefined
  escape: (value: string) => string
  value: (name: string) => string | undefined
}

/** Replaces the tokens of a text. In `#{ x #{y}# }#` the token is `y`; a missing variable leaves nothing, or the token. */
export function replaceTokens(text: string, options: TokenOptions): { text: string; found: number; replaced: number } {
  const [prefix, suffix] = [quote(options.prefix), quote(options.suffix)]
  // The task's own pattern: a name holds neither a prefix nor a suffix.
  const pattern = new RegExp(`${prefix}\\s*((?:(?!${prefix})(?!\\s*${suffix}).)*)\\s*${suffix}`, 'gm')
  let found = 0
  let replaced = 0
  const result = text.replace(pattern, (token: string, name: string) => {
    found++
    const value = options.value(name)
    if (value === undefined) return options.keepToken ? token : ''
    replaced++
    return options.escape(value === options.emptyValue ? '' : value)
  })
  return { text: result, found, replaced }
}

function quote(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

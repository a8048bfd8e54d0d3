import { UserError } from '@slipway/errors'

const REFERENCE = /\$(\$|\(([^)]*)\))/g

/** `$(NAME)` becomes the value, `$$` a dollar; an unknown name stays as it is written (third_party/forked/golang/expansion). */
export function expandVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(REFERENCE, (whole, rest: string, name: string) =>
    rest === '$' ? '$' : (values.get(name) ?? whole),
  )
}

/** The same, for texts in which every name must be known. Throws UserError POD_CONFIG_MISSING. */
export function expandEvery(text: string, values: ReadonlyMap<string, string>): string {
  const missing = [...text.matchAll(REFERENCE)].find(([, rest, name]) => rest !== '$' && !values.has(name ?? ''))
  if (missing) throw new UserError('POD_CONFIG_MISSING', `missing value for ${JSON.stringify(missing[2])}`)
  return expandVariables(text, values)
}

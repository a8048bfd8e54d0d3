import { fitsText } from './wildcard.ts'

const BRANCHES = 'refs/heads/'

/** Whether a ref is a branch that one of the patterns names: names below refs/heads, in which `*` stands for any characters but a slash. */
export function fitsBranch(ref: string, patterns: string[]): boolean {
  if (!ref.startsWith(BRANCHES)) return false
  const parts = ref.slice(BRANCHES.length).split('/')
  return patterns.some((pattern) => {
    const wanted = (pattern.startsWith(BRANCHES) ? pattern.slice(BRANCHES.length) : pattern).split('/')
    return wanted.length === parts.length && parts.every((part, index) => fitsText(wanted[index] ?? '', part))
  })
}

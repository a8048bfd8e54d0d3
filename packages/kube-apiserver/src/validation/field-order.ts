import type { FieldError } from '../api/status.ts'

/** Errors of a struct in the order of the parts of it that they are about, in which Kubernetes looks; `*` stands for all others. */
export function inFieldOrder(parts: readonly string[]) {
  const others = parts.indexOf('*')
  const rank = (part: string): number => {
    const at = parts.findIndex((start) => part.startsWith(start))
    return at === -1 ? others : at
  }
  return (errors: FieldError[], at: string): FieldError[] =>
    errors.toSorted((one, other) => rank(one.field.slice(at.length)) - rank(other.field.slice(at.length)))
}

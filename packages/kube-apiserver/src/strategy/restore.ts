/** Puts fields back as they were: what was not there is left out, for a field without a value would count as one that was written. */
export function restore<T extends object>(next: T, current: Partial<T>, fields: readonly (keyof T)[]): void {
  for (const field of fields) {
    if (current[field] === undefined) delete next[field]
    else next[field] = current[field]
  }
}

const maxDepth = 1000

/** Throws a RangeError for values that are nested deeper than data is; Go goes on until its stack ends, which ends the program. */
export function checkDepth(depth: number): void {
  if (depth > maxDepth) throw new RangeError(`values are nested more than ${maxDepth} deep`)
}

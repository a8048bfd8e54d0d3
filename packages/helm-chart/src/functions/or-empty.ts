/** The text, or nothing where it can't be written, as Helm has it. What JavaScript's stack is too small for is no such case. */
export function orEmpty(write: () => string): string {
  try {
    return write()
  } catch (error) {
    if (error instanceof RangeError) throw error
    return ''
  }
}

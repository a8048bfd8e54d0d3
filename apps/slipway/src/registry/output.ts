/** How a command prints what it found. */
export interface OutputFlags {
  output?: 'text' | 'json'
}

/** Prints a result as JSON, or as the text that `write` makes of it. */
export function printResult({ output }: OutputFlags, result: object, write: () => string): void {
  const text = output === 'json' ? JSON.stringify(result, undefined, 2) : write()
  if (text !== '') console.log(text)
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t'

/**
 * A folded text (`>`) after goyaml v3 has written and read it once more. Its emitter looks at the beginning of the text where it
 * should look behind a line break (yaml_emitter_write_folded_scalar), so that lines that are indented more get a blank line
 * before them, and texts that begin with a blank lose breaks.
 */
export function refolded(text: string): string {
  // What ends with a space is written in quotes.
  if (!text.includes('\n') || text.endsWith(' ')) return text
  const first = text.replace(/^\n+/, '')[0]
  const doubles = first !== undefined && !isBlank(first)
  const [lines, breaks] = [text.split(/\n+/), text.match(/\n+/g) ?? []]
  let result = lines[0] ?? ''
  for (const [index, run] of breaks.entries()) {
    const [before = '', after = ''] = [lines[index], lines[index + 1]]
    const isStart = index === 0 && before === ''
    const isEnd = index === breaks.length - 1 && after === ''
    result += (isStart ? run : brokenAgain(run.length, { doubles, before, after, isEnd })) + after
  }
  return result
}

interface Surroundings {
  /** Whether the emitter writes one break more. */
  readonly doubles: boolean
  readonly before: string
  readonly after: string
  readonly isEnd: boolean
}

function brokenAgain(count: number, { doubles, before, after, isEnd }: Surroundings): string {
  const written = count + (doubles && !isBlank(before[0]) ? 1 : 0)
  if (isEnd) return '\n'.repeat(count === 1 ? 1 : written)
  if (isBlank(before[0]) || isBlank(after[0])) return '\n'.repeat(written)
  return written === 1 ? ' ' : '\n'.repeat(written - 1)
}

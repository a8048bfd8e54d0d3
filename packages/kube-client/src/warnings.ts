/** `299 - "text"`, with an escape before each quote and backslash in it (RFC 7234 section 5.5). */
const WARNING = /\d{3} \S+ "((?:[^"\\]|\\.)*)"/g

/** The texts of an answer's Warning headers. */
export function warningsOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return []
  return [header]
    .flat()
    .flatMap((value) => Array.from(value.matchAll(WARNING), ([, text = '']) => text.replaceAll(/\\(.)/g, '$1')))
}

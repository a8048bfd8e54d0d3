/** One document's text in a stream, from the line (from 1) where its content begins. */
export interface DocumentText {
  readonly text: string
  readonly line: number
}

const separator = /^---(?=[ \t\r\n]|$)/

/** Lines that say nothing: blank, comment, directive, end of document. */
const isEmptyLine = (line: string) => /^\s*(?:#.*)?$|^%|^\.\.\.\s*(?:#.*)?$/.test(line)

/** Cuts a stream at its `---` lines; documents of comments only are left out. */
export function splitDocuments(stream: string): DocumentText[] {
  const lines = stream.replace(/^\ufeff/, '').split('\n')
  const documents: DocumentText[] = []
  let start = 0
  for (let i = 0; i <= lines.length; i++) {
    const line = lines[i]
    if (line !== undefined && !separator.test(line)) continue
    add(documents, lines, start, i)
    if (line !== undefined) lines[i] = line.replace(separator, '   ')
    start = i
  }
  return documents
}

function add(documents: DocumentText[], lines: readonly string[], start: number, end: number): void {
  let first = start
  while (first < end && isEmptyLine(lines[first] ?? '')) first++
  if (first === end) return
  documents.push({ text: `${lines.slice(first, end).join('\n')}\n`, line: first + 1 })
}

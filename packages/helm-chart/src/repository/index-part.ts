import { parseIndex, type RepositoryIndex } from './index-file.ts'

/**
 * What an index.yaml says of one chart, and maybe of others. Indexes of public repositories have tens of megabytes, which take seconds
 * and hundreds of megabytes to read; of one that is written as Helm writes it only the part is read that is asked for, and faults
 * elsewhere are not found. Throws UserError CHART_INDEX_INVALID.
 */
export function parseIndexPart(text: string, chart: string, file?: string): RepositoryIndex {
  const part = partOf(text, chart)
  if (part === undefined) return parseIndex(text, file)
  try {
    const index = parseIndex(part, file)
    if (Object.keys(index.entries).join() === chart) return index
  } catch {
    // It is not as it looked.
  }
  return parseIndex(text, file)
}

/** An index of its own for the chart; undefined when it is not found in block style below `entries:`. */
function partOf(text: string, chart: string): string | undefined {
  const entries = /^entries:[ \t]*\r?\n/m.exec(text)
  if (!entries) return undefined
  const start = entries.index + entries[0].length
  const indent = /^( +)[^\s#-]/.exec(text.slice(start, start + 1000))?.[1]
  if (indent === undefined) return undefined
  const from = findKey(text, `${indent}${chart}:`, start)
  if (from === undefined) return undefined
  return `apiVersion: v1\nentries:\n${text.slice(from, endOfBlock(text, from, indent.length))}`
}

/** Where the line begins that is nothing but this key. */
function findKey(text: string, line: string, start: number): number | undefined {
  for (let at = text.indexOf(line, start); at >= 0; at = text.indexOf(line, at + 1)) {
    if (text[at - 1] === '\n' && /^[ \t]*\r?\n/.test(text.slice(at + line.length, at + line.length + 80))) return at
  }
  return undefined
}

/** Where the next line begins that is indented no more than the key, and is no item of its list. */
function endOfBlock(text: string, from: number, indent: number): number {
  const next = new RegExp(`^ {0,${indent}}(?![ #\\r\\n]|-(?: |\\r?$))`, 'gm')
  next.lastIndex = text.indexOf('\n', from) + 1
  return next.exec(text)?.index ?? text.length
}

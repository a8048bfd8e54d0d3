/** A piece of a layout: text that stands for itself, then an element such as `2006` (empty at the end). */
export interface LayoutPiece {
  readonly prefix: string
  readonly element: string
}

/** The elements of Go's layouts, as its scanner finds them at a place: the longest of those that start alike first. */
const elements =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|0[1-6]|002|15|__2|_2(?!006)|PM|pm|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?![0-9])|[1-5]/g

/** Cuts a layout into its pieces, as Go's time.nextStdChunk does. */
export function piecesOf(layout: string): LayoutPiece[] {
  const pieces: LayoutPiece[] = []
  let at = 0
  for (const match of layout.matchAll(elements)) {
    pieces.push({ prefix: layout.slice(at, match.index), element: match[0] })
    at = match.index + match[0].length
  }
  return at < layout.length ? [...pieces, { prefix: layout.slice(at), element: '' }] : pieces
}

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

export const rfc3339 = '2006-01-02T15:04:05Z07:00'

/** RFC 3339 with as many digits of the second as there are, which is how JSON shows times. */
export const rfc3339Nano = '2006-01-02T15:04:05.999999999Z07:00'

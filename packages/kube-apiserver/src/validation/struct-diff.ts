import type { Spec } from '../defaults/spec.ts'
import { escaped } from './field-errors.ts'

/** Lines before and after a change that are shown with it. */
const CONTEXT = 3
/** Lines of a text that is compared: the time it takes may grow with their square, and a pod of 3 MB has some 100,000. */
const MOST = 5_000

/**
 * What changed between two structs, as Kubernetes shows it (apimachinery's util/diff): a unified diff of their JSON; nothing where they
 * are too long.
 */
export function structDiff(before: Spec, after: Spec): string {
  const [a = [], b = []] = [before, after].map((value) => escaped(JSON.stringify(value, null, 1)).split('\n'))
  if (Math.max(a.length, b.length) > MOST) return ''
  return hunksOf(matches(a, b), a.length, b.length)
    .map((hunk) => hunkText(hunk, a, b))
    .join('')
}

/** Lines that are the same on both sides. */
interface Match {
  a: number
  b: number
  size: number
}

/** What difflib takes for noise in a text of so many lines: each that is more than one in a hundred of them. */
const LONG = 200

/** Where each line stands in a text; lines that are everywhere begin no match. */
function placesOf(lines: string[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [at, line] of lines.entries()) {
    const known = places.get(line)
    if (known) known.push(at)
    else places.set(line, [at])
  }
  if (lines.length < LONG) return places
  const most = Math.floor(lines.length / 100) + 1
  return new Map([...places].filter(([, found]) => found.length <= most))
}

/** Lines of the one text, and of the other. */
type Ranges = readonly [aFrom: number, bFrom: number, aTo: number, bTo: number]

/** The longest run of the same lines, and those to the left and to the right of it (difflib's, after Ratcliff and Obershelp). */
function matches(a: string[], b: string[]): Match[] {
  const places = placesOf(b)
  return within([0, 0, a.length, b.length])

  function within(ranges: Ranges): Match[] {
    const [aFrom, bFrom, aTo, bTo] = ranges
    const best = widened(longest(ranges), ranges)
    if (best.size === 0) return []
    const after: Ranges = [best.a + best.size, best.b + best.size, aTo, bTo]
    return [...within([aFrom, bFrom, best.a, best.b]), best, ...within(after)]
  }

  function longest([aFrom, bFrom, aTo, bTo]: Ranges): Match {
    const best: Match = { a: aFrom, b: bFrom, size: 0 }
    let runs = new Map<number, number>()
    for (let i = aFrom; i < aTo; i++) {
      const next = new Map<number, number>()
      for (const j of places.get(a[i] as string) ?? []) {
        if (j < bFrom || j >= bTo) continue
        const size = (runs.get(j - 1) ?? 0) + 1
        next.set(j, size)
        if (size > best.size) Object.assign(best, { a: i - size + 1, b: j - size + 1, size })
      }
      runs = next
    }
    return best
  }

  /** A match with the lines beside it that are the same, those that are everywhere among them. */
  function widened(match: Match, [aFrom, bFrom, aTo, bTo]: Ranges): Match {
    let { a: start, b: bStart, size } = match
    for (; start > aFrom && bStart > bFrom && a[start - 1] === b[bStart - 1]; start--, bStart--) size++
    while (start + size < aTo && bStart + size < bTo && a[start + size] === b[bStart + size]) size++
    return { a: start, b: bStart, size }
  }
}

/** A change: the lines that go, and those that come. */
interface Change {
  a: [from: number, to: number]
  b: [from: number, to: number]
}

/** Changes that are shown together, since no more than their context is between them. */
function hunksOf(same: Match[], aLines: number, bLines: number): Change[][] {
  const hunks: Change[][] = []
  let [a, b] = [0, 0]
  for (const match of [...same, { a: aLines, b: bLines, size: 0 }]) {
    if (match.a > a || match.b > b) {
      const change: Change = { a: [a, match.a], b: [b, match.b] }
      const last = hunks.at(-1)
      const near = last?.at(-1)
      if (last && near && a - near.a[1] <= 2 * CONTEXT) last.push(change)
      else hunks.push([change])
    }
    ;[a, b] = [match.a + match.size, match.b + match.size]
  }
  return hunks
}

function hunkText(hunk: Change[], a: string[], b: string[]): string {
  const [first, last] = [hunk[0] as Change, hunk.at(-1) as Change]
  const start = Math.max(0, first.a[0] - CONTEXT)
  const end = Math.min(a.length, last.a[1] + CONTEXT)
  const bStart = first.b[0] - (first.a[0] - start)
  const bEnd = last.b[1] + (end - last.a[1])
  const lines: string[] = []
  let at = start
  for (const change of hunk) {
    lines.push(
      ...a.slice(at, change.a[0]).map((line) => ` ${line}`),
      ...a.slice(...change.a).map((line) => `-${line}`),
      ...b.slice(...change.b).map((line) => `+${line}`),
    )
    at = change.a[1]
  }
  lines.push(...a.slice(at, end).map((line) => ` ${line}`))
  return `@@ -${rangeOf(start, end)} +${rangeOf(bStart, bEnd)} @@\n${lines.map((line) => `${line}\n`).join('')}`
}

/** Lines are counted from one; a single one needs no number of lines. */
function rangeOf(from: number, to: number): string {
  const length = to - from
  if (length === 1) return String(from + 1)
  return `${length === 0 ? from : from + 1},${length}`
}

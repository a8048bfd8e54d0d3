import type { Spec } from '../defaults/spec.ts'
import { escaped } from './field-errors.ts'

/** Lines before and after a change that are shown with it. */
const CONTEXT = 3

/** What changed between two structs, as Kubernetes shows it (apimachinery's util/diff): a unified diff of their JSON. */
export function structDiff(before: Spec, after: Spec): string {
  const [a = [], b = []] = [before, after].map((value) => escaped(JSON.stringify(value, null, 1)).split('\n'))
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

/** The longest run of the same lines, and those to the left and to the right of it (difflib's, after Ratcliff and Obershelp). */
function matches(a: string[], b: string[], [aFrom, bFrom] = [0, 0], [aTo, bTo] = [a.length, b.length]): Match[] {
  const best: Match = { a: aFrom, b: bFrom, size: 0 }
  let runs = new Map<number, number>()
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>()
    for (let j = bFrom; j < bTo; j++) {
      if (a[i] !== b[j]) continue
      const size = (runs.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) Object.assign(best, { a: i - size + 1, b: j - size + 1, size })
    }
    runs = next
  }
  if (best.size === 0) return []
  const [aEnd, bEnd] = [best.a + best.size, best.b + best.size]
  return [...matches(a, b, [aFrom, bFrom], [best.a, best.b]), best, ...matches(a, b, [aEnd, bEnd], [aTo, bTo])]
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

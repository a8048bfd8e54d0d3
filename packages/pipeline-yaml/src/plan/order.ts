import type { Place } from '@slipway/errors'
import type { Problems } from '../problems.ts'

interface Ordered {
  name: string
  dependsOn: string[]
  at: Place
}

/** The items so that each comes after those it depends on; otherwise in the file's order. A circle is an error. */
export function inDependencyOrder<T extends Ordered>(items: T[], what: string, problems: Problems): T[] {
  const done = new Set<string>()
  const ordered: T[] = []
  let waiting = items
  while (waiting.length > 0) {
    const ready = waiting.filter(({ dependsOn }) => dependsOn.every((name) => done.has(name.toLowerCase())))
    const first = ready[0]
    if (!first) {
      const names = waiting.map(({ name }) => name).join(', ')
      const message = `these ${what}s wait for each other: ${names}`
      problems.error('PIPELINE_DEPENDENCY_INVALID', message, waiting[0]?.at ?? {})
      return items
    }
    ordered.push(first)
    done.add(first.name.toLowerCase())
    waiting = waiting.filter((item) => item !== first)
  }
  return ordered
}

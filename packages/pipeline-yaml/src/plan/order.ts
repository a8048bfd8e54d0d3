import type { Place } from '@slipway/errors'
import type { Problems } from '../problems.ts'

interface Ordered {
  name: string
  dependsOn: string[]
  at: Place
}

/** The items so that each comes right before the first that depends on it; otherwise in the file's order. A circle is an error. */
export function inDependencyOrder<T extends Ordered>(items: T[], what: string, problems: Problems): T[] {
  const byName = new Map(items.map((item) => [item.name.toLowerCase(), item]))
  const ordered = new Set<T>()
  const open = new Set<T>()
  for (const start of items) {
    const path = [start]
    for (let item = path.at(-1); item; item = path.at(-1)) {
      open.add(item)
      const needed = item.dependsOn
        .map((name) => byName.get(name.toLowerCase()))
        .find((other) => other && !ordered.has(other))
      if (!needed) {
        ordered.add(item)
        path.pop()
      } else if (open.has(needed)) {
        const names = path.slice(path.indexOf(needed)).map(({ name }) => name)
        problems.error(
          'PIPELINE_DEPENDENCY_INVALID',
          `these ${what}s wait for each other: ${names.join(', ')}`,
          needed.at,
        )
        return items
      } else {
        path.push(needed)
      }
    }
  }
  return [...ordered]
}

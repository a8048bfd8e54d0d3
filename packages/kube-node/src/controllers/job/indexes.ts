import type { Pod } from '../../model/pod.ts'

export const INDEX = 'batch.kubernetes.io/job-completion-index'

/** The numbers that a list such as `1,3-5,7` names, below `completions`. What is no number is passed over. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) continue
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1)
    for (let index = Number(match[1]); index <= last; index++) indexes.add(index)
  }
  return indexes
}

/** The shortest list of numbers, as the Job controller writes it: three in a row and more are a range. */
export function formatIndexes(indexes: Iterable<number>): string {
  const parts: string[] = []
  let first: number | undefined
  let last = -2
  const close = (): void => {
    if (first === undefined) return
    parts.push(first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`)
  }
  for (const index of [...indexes].sort((a, b) => a - b)) {
    if (index !== last + 1) {
      close()
      first = index
    }
    last = index
  }
  close()
  return parts.join(',')
}

/** Which part of an indexed Job a pod does; undefined when it does none. */
export function indexOf({ metadata }: Pod, completions: number): number | undefined {
  const text = metadata.annotations?.[INDEX] ?? ''
  return /^\d+$/.test(text) && Number(text) < completions ? Number(text) : undefined
}

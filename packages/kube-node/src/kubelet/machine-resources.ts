import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'

/** What a node has to give, as quantities by resource. */
export type Resources = Readonly<Record<string, string>>

/** What this machine has; `dir` is on the disk that pods write to. */
export function machineResources(dir: string): Resources {
  const { blocks, bsize } = statfsSync(dir)
  return {
    cpu: String(availableParallelism()),
    memory: kibibytes(totalmem()),
    'ephemeral-storage': kibibytes(blocks * bsize),
    ...hugePages(),
  }
}

/** What a node has to give whose pods use nothing: room for what would fill a small cluster. */
export const SIMULATED_RESOURCES: Resources = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti' }

/** The huge pages that the kernel has set aside, by their size; none where it has none. */
export function hugePages(dir = '/sys/kernel/mm/hugepages'): Resources {
  const sizes = namesIn(dir).flatMap((name) => {
    const kib = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1])
    return kib ? [{ name, mebibytes: kib / 1024 }] : []
  })
  return Object.fromEntries(
    sizes.map(({ name, mebibytes }) => {
      const count = Number(readFileSync(join(dir, name, 'nr_hugepages'), 'utf8'))
      const unit = mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`
      return [`hugepages-${unit}`, count === 0 ? '0' : `${count * mebibytes}Mi`]
    }),
  )
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`

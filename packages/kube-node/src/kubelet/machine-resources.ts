import { statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

/** What a node has to give, as quantities by resource. */
export type Resources = Readonly<Record<string, string>>

/** What this machine has; `dir` is on the disk that pods write to. */
export function machineResources(dir: string): Resources {
  const { blocks, bsize } = statfsSync(dir)
  return {
    cpu: String(availableParallelism()),
    memory: kibibytes(totalmem()),
    'ephemeral-storage': kibibytes(blocks * bsize),
  }
}

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`

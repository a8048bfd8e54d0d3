import { readFileSync } from 'node:fs'

const LEAST = -1000
/** CAP_SYS_RESOURCE (capability.h): without it no process gives another a lower score than its own (proc(5), oom_score_adj). */
const SYS_RESOURCE = 1n << 24n

/** How far an engine of this machine may spare a container when memory is short. */
export function leastOomScoreAdj(rootless: boolean): number {
  if (process.platform !== 'linux') return LEAST
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const may = !rootless && (BigInt(`0x${bounding}`) & SYS_RESOURCE) !== 0n
  return may ? LEAST : Number(readFileSync('/proc/self/oom_score_adj', 'utf8'))
}

import { readFile } from 'node:fs/promises'
import type { ContainerUsage, InterfaceUsage } from '@slipway/container-engine'

/** Where the kernel's files are. */
export interface KernelFolders {
  proc: string
  cgroup: string
}

const KERNEL: KernelFolders = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

/** What the control groups of a process of this machine have used; undefined when they are not those of this container. */
export async function cgroupUsage(
  pid: number,
  id: string,
  { proc, cgroup }: KernelFolders = KERNEL,
): Promise<ContainerUsage | undefined> {
  try {
    const groups = await readFile(`${proc}/${pid}/cgroup`, 'utf8')
    if (!groups.includes(id)) return undefined
    return await (isUnified(groups) ? unified(groups, cgroup) : separate(groups, cgroup))
  } catch {
    // It has ended.
    return undefined
  }
}

/** Whether memory is counted by the one hierarchy of version 2. */
const isUnified = (groups: string): boolean => !/^\d+:([^:]*,)?memory(,[^:]*)?:/m.test(groups)

/** Of cgroup version 2 (cgroup-v2.rst). */
async function unified(groups: string, root: string): Promise<ContainerUsage> {
  const folder = root + (/^0::(.*)$/m.exec(groups)?.[1] ?? '')
  const [cpu, usage, memory, pids] = await Promise.all(
    ['cpu.stat', 'memory.current', 'memory.stat', 'pids.current'].map((file) => readFile(`${folder}/${file}`, 'utf8')),
  )
  return {
    cpuNanoseconds: fieldOf(cpu, 'usage_usec') * 1000,
    ...memoryOf(Number(usage), { inactive: fieldOf(memory, 'inactive_file'), rss: fieldOf(memory, 'anon') }),
    pageFaults: fieldOf(memory, 'pgfault'),
    majorPageFaults: fieldOf(memory, 'pgmajfault'),
    processes: Number(pids),
    networks: [],
  }
}

/** Of version 1, with a hierarchy for each resource (cgroup-v1/memory.rst, cpuacct.rst). */
async function separate(groups: string, root: string): Promise<ContainerUsage> {
  const file = (controller: string, name: string): Promise<string> => {
    const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm').exec(groups)?.[1] ?? ''
    return readFile(`${root}/${controller}${path}/${name}`, 'utf8')
  }
  const [cpu, usage, memory, pids] = await Promise.all([
    file('cpuacct', 'cpuacct.usage'),
    file('memory', 'memory.usage_in_bytes'),
    file('memory', 'memory.stat'),
    file('pids', 'pids.current'),
  ])
  return {
    cpuNanoseconds: Number(cpu),
    ...memoryOf(Number(usage), {
      inactive: fieldOf(memory, 'total_inactive_file'),
      rss: fieldOf(memory, 'total_rss'),
    }),
    pageFaults: fieldOf(memory, 'total_pgfault'),
    majorPageFaults: fieldOf(memory, 'total_pgmajfault'),
    processes: Number(pids),
    networks: [],
  }
}

/** What can't be given up at once is the working set (cAdvisor, container/libcontainer/handler.go). */
function memoryOf(memoryBytes: number, { inactive, rss }: { inactive: number; rss: number }) {
  return { memoryBytes, workingSetBytes: Math.max(0, memoryBytes - inactive), rssBytes: rss }
}

/** The interfaces that a process of this machine sees, without the loopback one; undefined when it has ended. */
export async function networkUsage(
  pid: number | 'self',
  { proc }: KernelFolders = KERNEL,
): Promise<InterfaceUsage[] | undefined> {
  try {
    const lines = (await readFile(`${proc}/${pid}/net/dev`, 'utf8')).split('\n').slice(2)
    return lines.flatMap((line) => {
      const [name, counts] = line.split(':')
      const numbers = counts?.trim().split(/\s+/).map(Number)
      if (!name || !numbers || name.trim() === 'lo') return []
      const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = numbers
      return [{ name: name.trim(), rxBytes, rxErrors, txBytes, txErrors }]
    })
  } catch {
    return undefined
  }
}

/** The number after a word at the start of a line. */
export function fieldOf(text: string | undefined, name: string): number {
  return Number(new RegExp(`^${name}:?\\s+(\\d+)`, 'm').exec(text ?? '')?.[1] ?? 0)
}

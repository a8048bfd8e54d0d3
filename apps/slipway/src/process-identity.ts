import { readFileSync, readlinkSync } from 'node:fs'

/** Tells a process from all others; by the number alone, one that came later may be taken for it. */
export interface ProcessIdentity {
  pid: number
  /** As all that follows, absent where there is no /proc. */
  started?: string | undefined
  /** Where the number counts: in containers and after a restart of the machine it is another's. */
  realm?: string | undefined
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid), realm: realm() }
}

/** Undefined where that can't be told from here. */
export function isAlive({ pid, started, realm: place }: ProcessIdentity): boolean | undefined {
  if (place !== undefined && place !== realm()) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return started === undefined || started === startOf(pid)
}

/** The moment since the machine's start at which it started a process (proc_pid_stat(5)). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is a name in parentheses, which may hold anything; the moment is the twenty-second.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** This start of this machine (proc_sys_kernel(5)), and the namespace that processes have their numbers in (pid_namespaces(7)). */
function realm(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

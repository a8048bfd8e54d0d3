import { readdir, readFile } from 'node:fs/promises'

/** The variable by which the processes of a run are known, also those that left their group; the agent uses the same name. */
export const LOOKUP_VARIABLE = 'VSTS_PROCESS_LOOKUP_ID'

/** Kills what an earlier attempt of a run, or a finished one, left running. Does nothing where there is no /proc. */
export async function killOrphans(lookupId: string): Promise<number> {
  const entries = await readdir('/proc').catch(() => [])
  const mark = `${LOOKUP_VARIABLE}=${lookupId}`
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number)
  const ours = await Promise.all(pids.map(async (pid) => (await holds(pid, mark)) && pid !== process.pid))
  const orphans = pids.filter((_, index) => ours[index])
  for (const pid of orphans) {
    // The group first: a child without our environment is still in it.
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL')
      } catch {
        // No group of that number, or gone by itself.
      }
    }
  }
  return orphans.length
}

async function holds(pid: number, mark: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0').includes(mark)
  } catch {
    return false
  }
}

import { readdir, readFile } from 'node:fs/promises'

/**
 * Ends what works in a repository for a program that is gone: git and its helper `remote-fd` wait for each other when the program
 * was killed that they spoke through. Does nothing where there is no /proc.
 */
export async function endOrphans(repository: string): Promise<void> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number)
  await Promise.all(
    pids.map(async (pid) => {
      try {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
        if (command.startsWith(`git\0--git-dir\0${repository}\0`) && !(await isOurs(pid))) endWithHelpers(pid)
      } catch {
        // It has ended, or is another user's.
      }
    }),
  )
}

/** {@link startGit} gives each git a group, in which its helpers are. */
function endWithHelpers(pid: number): void {
  try {
    process.kill(-pid)
  } catch {
    process.kill(pid)
  }
}

async function isOurs(pid: number): Promise<boolean> {
  return new RegExp(`^PPid:\\s*${process.pid}$`, 'm').test(await readFile(`/proc/${pid}/status`, 'utf8'))
}

import { readFileSync } from 'node:fs'
import type { LinuxUser } from '../../model/pod-status.ts'

/**
 * As whom a process of this machine runs; undefined where that can't be seen, or means something else here than in its container
 * (user namespaces). The group itself is the first of the supplementary ones, as containerd has it.
 */
export function processUser(pid: number): LinuxUser | undefined {
  try {
    if (readFileSync(`/proc/${pid}/uid_map`, 'utf8') !== readFileSync('/proc/self/uid_map', 'utf8')) return undefined
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [uid, gid] = [idsIn(status, 'Uid')[0], idsIn(status, 'Gid')[0]]
    if (uid === undefined || gid === undefined) return undefined
    return { uid, gid, supplementalGroups: [...new Set([gid, ...idsIn(status, 'Groups')])] }
  } catch {
    // It has ended, or there is no /proc.
    return undefined
  }
}

function idsIn(status: string, field: string): number[] {
  const line = new RegExp(`^${field}:(.*)$`, 'm').exec(status)?.[1] ?? ''
  return line.trim().split(/\s+/).filter(Boolean).map(Number)
}

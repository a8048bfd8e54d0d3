import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Protocol } from './ruleset.ts'

/** `postgres (process 812)`: who listens at the port of all addresses of this machine, as far as /proc tells. See proc_net_tcp(5). */
export async function holderOf(protocol: Protocol, port: number): Promise<string | undefined> {
  const kind = protocol.toLowerCase()
  const tables = await Promise.all([`/proc/net/${kind}`, `/proc/net/${kind}6`].map(readIfThere))
  const inodes = new Set(tables.flatMap((table) => wildcardInodes(table, port)))
  if (inodes.size === 0) return undefined
  for (const pid of await entriesOf('/proc')) {
    if (!/^\d+$/.test(pid) || !(await hasSocket(pid, inodes))) continue
    return `${(await readIfThere(`/proc/${pid}/comm`)).trim()} (process ${pid})`
  }
  return undefined
}

/** Of the sockets in a table of /proc/net that are bound to the port of all addresses and connected to nobody. */
export function wildcardInodes(table: string, port: number): string[] {
  const number = port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', , , , , , , inode] = line.trim().split(/\s+/)
    return local.endsWith(`:${number}`) && /^0+:/.test(local) && /^0+:0000$/.test(remote) && inode ? [inode] : []
  })
}

async function hasSocket(pid: string, inodes: Set<string>): Promise<boolean> {
  for (const descriptor of await entriesOf(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) return true
  }
  return false
}

// A process may end meanwhile.
const entriesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

const readIfThere = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

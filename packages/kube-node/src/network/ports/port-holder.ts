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
  return sockets(table)
    .filter((socket) => isUnconnected(socket) && socket.local.endsWith(`:${number}`) && /^0+:/.test(socket.local))
    .map(({ inode }) => inode)
}

/** A line of a table of /proc/net: addresses and ports in hexadecimal digits. */
interface Socket {
  local: string
  remote: string
  inode: string
}

function sockets(table: string): Socket[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/)
    return /^\d+$/.test(inode) ? [{ local, remote, inode }] : []
  })
}

const isUnconnected = ({ remote }: Socket): boolean => /^0+:0000$/.test(remote)

/** The number of an address begins with its last byte, as on all processors that Node runs on but s390x. */
const addressOf = ({ local }: Socket): string => Buffer.from(local.slice(0, 8), 'hex').reverse().join('.')

/** The IPv4 addresses at which programs of this machine listen. */
export async function listeningAddresses(): Promise<string[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/udp'].map(readIfThere))
  return tables.flatMap((table) => sockets(table).filter(isUnconnected).map(addressOf))
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

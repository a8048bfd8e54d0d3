import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BindMount } from '@slipway/container-engine'
import type { Pod } from '../../model/pod.ts'
import { hostsFile } from './hosts-file.ts'
import { parseResolvConf, type Resolver, resolvConf } from './resolv-conf.ts'

/** systemd-resolved listens on a loopback address, which means another machine inside of a pod; this is what it asks itself. */
const RESOLV_CONF = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']

/** Writes /etc/hosts and /etc/resolv.conf of a pod into `dir`; resolves to how they are mounted into its containers. */
export function writeNetworkFiles(
  pod: Pod,
  { dir, podIP, clusterDns }: { dir: string; podIP: string | undefined; clusterDns: string | undefined },
): BindMount[] {
  const files = new Map([
    ['hosts', hostsFile(pod, podIP, () => readFileSync('/etc/hosts', 'utf8'))],
    ['resolv.conf', resolvConf(pod, clusterDns, machineResolver)],
  ])
  mkdirSync(dir, { recursive: true })
  return [...files].flatMap(([name, text]) => {
    if (text === undefined) return []
    writeFileSync(join(dir, name), text, { mode: 0o644 })
    return [{ source: join(dir, name), target: `/etc/${name}` }]
  })
}

/** The resolver of this machine, as far as it can be reached from inside of a pod. */
export function machineResolver(): Resolver {
  let last: Resolver = { servers: [], searches: [], options: [] }
  for (const path of RESOLV_CONF) {
    last = readResolver(path) ?? last
    if (last.servers.some((server) => !isLoopback(server))) break
  }
  return { ...last, servers: last.servers.filter((server) => !isLoopback(server)) }
}

function readResolver(path: string): Resolver | undefined {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'))
  } catch {
    // Not every machine has both.
    return undefined
  }
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

import type { Pod } from '../../model/pod.ts'
import { CLUSTER_DOMAIN } from './host-name.ts'

/** What a resolv.conf says. */
export interface Resolver {
  servers: string[]
  searches: string[]
  options: string[]
}

/**
 * /etc/resolv.conf of a pod's containers (kubelet, GetPodDNS). `clusterDns` is the address of the cluster's DNS server; without
 * one every pod has this machine's resolver. Undefined = what the engine gives by itself, which is this machine's.
 */
export function resolvConf(pod: Pod, clusterDns: string | undefined, machine: () => Resolver): string | undefined {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork } = pod.spec
  const isCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
  const usesCluster = isCluster && clusterDns !== undefined
  if (!usesCluster && dnsPolicy !== 'None' && !dnsConfig) return undefined
  const base = usesCluster ? clusterResolver(pod, clusterDns, machine()) : dnsPolicy === 'None' ? NOTHING : machine()
  return resolvConfText({
    servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, MAX_SERVERS),
    searches: unique([...base.searches, ...(dnsConfig?.searches ?? [])]).slice(0, MAX_SEARCHES),
    options: mergeOptions(
      base.options,
      (dnsConfig?.options ?? []).map(({ name, value }) => (value ? `${name}:${value}` : name)),
    ),
  })
}

/** Reads a resolv.conf; later `search` lines replace earlier ones (resolv.conf(5)). */
export function parseResolvConf(text: string): Resolver {
  const resolver: Resolver = { servers: [], searches: [], options: [] }
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/)
    if (word === 'nameserver' && values[0]) resolver.servers.push(values[0])
    if (word === 'search') resolver.searches = values
    if (word === 'options') resolver.options.push(...values)
  }
  return resolver
}

/** What libc and Kubernetes take. */
const MAX_SERVERS = 3
const MAX_SEARCHES = 32

const NOTHING: Resolver = { servers: [], searches: [], options: [] }

function clusterResolver({ metadata }: Pod, server: string, { searches }: Resolver): Resolver {
  const domains = [`${metadata.namespace ?? 'default'}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN]
  return { servers: [server], searches: [...domains, ...searches], options: ['ndots:5'] }
}

function resolvConfText({ servers, searches, options }: Resolver): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n')
}

/** The last one of a name counts. */
function mergeOptions(before: string[], more: string[]): string[] {
  return [...new Map([...before, ...more].map((option) => [option.split(':')[0], option])).values()]
}

const unique = (texts: string[]): string[] => [...new Set(texts)]

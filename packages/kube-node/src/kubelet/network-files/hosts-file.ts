import type { Pod } from '../../model/pod.ts'
import { podHostName } from './host-name.ts'

/** /etc/hosts of a pod's containers, as the kubelet writes it (ensureHostsFile). `nodeHosts` is that of this machine. */
export function hostsFile(pod: Pod, podIP: string | undefined, nodeHosts: () => string): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`)
  const added = aliases.length > 0 ? `\n# Entries added by HostAliases.\n${aliases.join('')}` : ''
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts()}${added}`
  const { hostname, domain } = podHostName(pod)
  const names = domain ? `${hostname}.${domain}\t${hostname}` : hostname
  return `${LOCAL}${podIP ? `${podIP}\t${names}\n` : ''}${added}`
}

const LOCAL = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`

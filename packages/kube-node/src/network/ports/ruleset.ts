export type Protocol = 'TCP' | 'UDP'

/** What comes to a port of an address of the service range goes to another port of the same address. */
export interface Redirect {
  host: string
  protocol: Protocol
  port: number
  to: number
}

/** The name of the table of a service range: whoever has the range has its table, and takes it over from one that was killed. */
export const tableOf = (cidr: string): string => `slipway-${cidr}`

/** Before -100 (`dstnat`), where Docker, Podman and others lead ports of all of this machine's addresses to their containers. */
const BEFORE_OTHERS = -110
/** Before the kernel finds the connection of a packet (`raw`, nft(8)). */
const BEFORE_TRACKING = -300

/**
 * Makes the table of the range anew, in one transaction, for `nft -f`. What is neither redirected nor sent to the node's own address is
 * refused, as kube-proxy refuses it for Services without endpoints: it would reach whatever listens at that port of all addresses.
 *
 * Connections are asked for once, with their first packet. Datagrams and their answers are each changed for themselves: the kernel
 * would lead all that one caller goes on sending to where it led the first, which may have been nowhere.
 */
export function ruleset(cidr: string, node: string, redirects: Iterable<Redirect>): string {
  const all = [...redirects]
  const [streams, datagrams] = (['TCP', 'UDP'] as const).map((kind) => all.filter(({ protocol }) => protocol === kind))
  const forth = ({ host, port, to }: Redirect): string => `${host} . ${port} : ${to}`
  const back = ({ host, port, to }: Redirect): string => `${host} . ${to} : ${port}`
  return `${removal(cidr)}
table ip ${tableOf(cidr)} {
${mapOf('streams', streams?.map(forth))}
${mapOf('datagrams', datagrams?.map(forth))}
${mapOf('answers', datagrams?.map(back))}
  chain streams {
    ip daddr != ${cidr} return
    meta l4proto tcp dnat to : ip daddr . tcp dport map @streams
    meta l4proto tcp ip daddr != ${node} reject
  }
  chain streams-of-pods {
    type nat hook prerouting priority ${BEFORE_OTHERS}
    goto streams
  }
  chain streams-of-this-machine {
    type nat hook output priority ${BEFORE_OTHERS}
    goto streams
  }
  chain datagrams {
    ip daddr != ${cidr} return
    udp dport set ip daddr . udp dport map @datagrams notrack accept
    meta l4proto udp ip daddr != ${node} reject
  }
  chain datagrams-of-pods {
    type filter hook prerouting priority ${BEFORE_TRACKING}
    iif != lo goto datagrams
  }
  chain datagrams-of-this-machine {
    type filter hook output priority ${BEFORE_TRACKING}
    udp sport set ip saddr . udp sport map @answers notrack accept
    goto datagrams
  }
}
`
}

const mapOf = (name: string, elements: string[] = []): string => `  map ${name} {
    type ipv4_addr . inet_service : inet_service${elements.length > 0 ? `\n    elements = { ${elements.join(', ')} }` : ''}
  }`

/** Takes the table away, if it is there. */
export const removal = (cidr: string): string => `table ip ${tableOf(cidr)}\ndelete table ip ${tableOf(cidr)}`

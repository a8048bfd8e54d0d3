import { BlockList } from 'node:net'
import { ClusterRoute } from './cluster-network.ts'
import { nft } from './ports/nft.ts'
import { listeningAddresses } from './ports/port-holder.ts'
import { removal } from './ports/ruleset.ts'

/**
 * Takes away the route and the rules that a killed process left for a range of addresses. Another installation may have the same
 * range by chance: then its DNS server listens there, and all stays.
 */
export async function removeServiceRange(cidr: string): Promise<void> {
  const range = new BlockList()
  const [first = '', bits] = cidr.split('/')
  range.addSubnet(first, Number(bits))
  if ((await listeningAddresses()).some((address) => range.check(address))) return
  await new ClusterRoute(cidr).close()
  // Where there is no nft, or one may not use it, there are no rules.
  await nft(removal(cidr)).catch(() => {})
}

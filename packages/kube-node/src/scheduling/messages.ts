/** Why a pod fits on none of the Nodes, as kube-scheduler counts it (FitError): by reason, sorted as texts, each Node for all of its reasons. */
export function nowhereText(total: number, reasonsByNode: string[][], absent = ''): string {
  const counts = new Map<string, number>()
  const count = (reason: string, by: number): void => void counts.set(reason, (counts.get(reason) ?? 0) + by)
  for (const reason of reasonsByNode.flat()) count(reason, 1)
  const missing = total - reasonsByNode.length
  if (missing > 0) count(absent, missing)
  const texts = [...counts].map(([reason, nodes]) => `${nodes} ${reason}`)
  return blockedText(total, texts.sort().join(', '))
}

/** The same where it is not the Nodes' fault. */
export const blockedText = (total: number, reason: string): string => `0/${total} nodes are available: ${reason}.`

/** Events are shorter than conditions. */
const MOST = 1024

export const eventText = (message: string): string =>
  message.length <= MOST ? message : `${message.slice(0, MOST - ELLIPSIS.length)}${ELLIPSIS}`

const ELLIPSIS = ' ...'

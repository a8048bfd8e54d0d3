import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import type { Amounts } from '../filters/resources.ts'
import { MOST, type Score } from './score.ts'

/** In nano units, the finest step that counts. */
const STEPS = { cpu: 1_000_000n, memory: 1_000_000_000n }

type Resource = keyof typeof STEPS
const RESOURCES = Object.keys(STEPS) as Resource[]

/** Much is left of processors and memory (NodeResourcesFit, LeastAllocated). */
export const leastAllocated: Score = ({ presumed }, nodes) =>
  nodes.map((node) => {
    const shares = RESOURCES.flatMap((resource) => {
      const capacity = amount(node.allocatable, resource)
      if (capacity === 0) return []
      const requested = amount(node.presumed, resource) + amount(presumed, resource)
      return [requested > capacity ? 0 : Math.floor(((capacity - requested) * MOST) / capacity)]
    })
    return shares.length === 0 ? 0 : Math.floor(shares.reduce((sum, share) => sum + share, 0) / shares.length)
  })

/** As much is left of the one as of the other (NodeResourcesBalancedAllocation). A pod that asks for nothing changes nothing. */
export const balancedAllocation: Score = (info, nodes) =>
  RESOURCES.some((resource) => amount(info.holding, resource) > 0)
    ? nodes.map((node) => Math.trunc((1 - imbalance(node, info)) * MOST))
    : undefined

function imbalance({ allocatable, held }: NodeInfo, { holding }: PodInfo): number {
  const fractions = RESOURCES.flatMap((resource) => {
    const capacity = amount(allocatable, resource)
    return capacity === 0 ? [] : [Math.min(1, (amount(held, resource) + amount(holding, resource)) / capacity)]
  })
  const [cpu, memory] = fractions
  return cpu === undefined || memory === undefined ? 0 : Math.abs(cpu - memory) / 2
}

/** In the steps that count, rounded up. */
function amount(amounts: Amounts, resource: Resource): number {
  const step = STEPS[resource]
  return Number(((amounts.get(resource) ?? 0n) + step - 1n) / step)
}

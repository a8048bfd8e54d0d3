import type { NodeInfo } from '../cluster/node-info.ts'
import { MOST, type Score } from './score.ts'

const MIB = 1024 * 1024
/** Less than this is pulled soon enough. */
const LEAST = 23 * MIB
/** More of one container makes no difference. */
const ENOUGH = 1000 * MIB

/** The Node has large images of the pod (ImageLocality). One that few Nodes have counts for less, or all pods would go to these. */
export const imageLocality: Score = ({ pod }, nodes, cluster) => {
  const images = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image }) => withTag(image))
  const all = cluster.nodes()
  const spread = new Map(
    images.map((image) => [image, all.filter((node) => node.images.has(image)).length / all.length]),
  )
  const onNode = (node: NodeInfo): number =>
    images.reduce((sum, image) => sum + Math.trunc((node.images.get(image) ?? 0) * (spread.get(image) ?? 0)), 0)
  const most = ENOUGH * images.length
  return nodes.map((node) =>
    Math.floor((MOST * (Math.min(most, Math.max(LEAST, onNode(node))) - LEAST)) / (most - LEAST)),
  )
}

const withTag = (image: string): string => (image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`)

import { type LabelRequirement, labelRequirements } from '@slipway/kube-objects'
import { controllerOf } from '../../labels.ts'
import type { Pod } from '../../model/pod.ts'
import { namespaceOf } from '../cluster/pod-info.ts'
import { selectsNode } from '../filters/node-affinity.ts'
import type { Spread } from '../filters/spread-constraints.ts'
import type { ScoreView } from './score.ts'

/** How pods are spread that say nothing of it (PodTopologySpread, systemDefaultConstraints). */
const DEFAULTS = [
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
]

/** The constraints of a pod that has none itself: with the others of its Services and of its controller. */
export function defaultSpreads(pod: Pod, cluster: ScoreView): Spread[] {
  const requirements = siblings(pod, cluster)
  if (requirements.length === 0) return []
  const counts: Spread['counts'] = (node) => selectsNode(pod.spec, node)
  return DEFAULTS.map((constraint) => ({ ...constraint, minDomains: 1, requirements, counts }))
}

function siblings(pod: Pod, cluster: ScoreView): LabelRequirement[] {
  const namespace = namespaceOf(pod)
  const matchLabels: Record<string, string> = {}
  for (const { spec } of cluster.servicesOf(pod)) Object.assign(matchLabels, spec.selector)
  const ofServices = labelRequirements({ matchLabels })
  const owner = controllerOf(pod)
  const selector = owner && cluster.owner(owner.kind, namespace, owner.name)?.spec?.selector
  if (!selector) return ofServices
  // A ReplicationController's selector is from before there were expressions.
  return [
    ...ofServices,
    ...labelRequirements(owner.kind === 'ReplicationController' ? { matchLabels: selector } : selector),
  ]
}

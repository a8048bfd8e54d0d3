import type { KubeObject } from '@slipway/kube-objects'
import { randomSuffix } from '../../canonical.ts'
import type { LabelSelector, Pod, PodTemplate, Toleration } from '../../model/pod.ts'
import { podFromTemplate } from '../pods/pods.ts'

export interface DaemonSet extends KubeObject {
  spec: {
    selector: LabelSelector
    template: PodTemplate
    updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete'; rollingUpdate?: Limits }
    minReadySeconds?: number
    revisionHistoryLimit?: number
  }
}

interface Limits {
  maxUnavailable?: number | string
  maxSurge?: number | string
}

export const REVISION_LABEL = 'controller-revision-hash'
const GENERATION_LABEL = 'pod-template-generation'

/** The pod of a set for one node, bound by its affinity, so that the scheduler places it. */
export function daemonPod(set: DaemonSet, { revision, node }: { revision: string; node: string }): Pod {
  const pod = podFromTemplate(set, set.spec.template, `${set.metadata.name}-${randomSuffix()}`)
  const { metadata, spec } = pod
  const generation = String(set.metadata.generation ?? 1)
  const own = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] }
  const { nodeAffinity, ...affinity } = spec.affinity ?? {}
  const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}]
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [REVISION_LABEL]: revision, [GENERATION_LABEL]: generation },
    },
    spec: {
      ...spec,
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: terms.map((term) => ({ ...term, ...own })),
          },
        },
      },
      tolerations: withDaemonTolerations(spec.tolerations, spec.hostNetwork),
    },
  }
}

/** The Node that a pod of a set is for: the one that it is on, or else the one that its affinity names (GetTargetNodeName). */
export function targetOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const named = required?.nodeSelectorTerms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator, values = [] }) => key === 'metadata.name' && operator === 'In' && values.length === 1)
  return named?.values?.[0]
}

/** Daemons stay when something is wrong with their node (AddOrUpdateDaemonPodTolerations). */
export function withDaemonTolerations(own: Toleration[] = [], hostNetwork = false): Toleration[] {
  const known = new Set(own.map(({ key, effect }) => `${key} ${effect}`))
  const names: [name: string, effect: string][] = [
    ['not-ready', 'NoExecute'],
    ['unreachable', 'NoExecute'],
    ['disk-pressure', 'NoSchedule'],
    ['memory-pressure', 'NoSchedule'],
    ['pid-pressure', 'NoSchedule'],
    ['unschedulable', 'NoSchedule'],
    ...(hostNetwork ? [['network-unavailable', 'NoSchedule'] as [string, string]] : []),
  ]
  const more = names.map(
    ([name, effect]): Toleration => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect }),
  )
  return [...own, ...more.filter(({ key, effect }) => !known.has(`${key} ${effect}`))]
}

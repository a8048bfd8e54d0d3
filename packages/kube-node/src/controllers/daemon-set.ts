import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeObject } from '@slipway/kube-objects'
import { canonicalJson, randomSuffix, shortHash } from '../canonical.ts'
import { matchesAll } from '../labels.ts'
import type { LabelSelector, Pod, PodTemplate } from '../model/pod.ts'
import type { PodWriter } from './pod-writer.ts'
import { isActive, isReady, podFromTemplate, untilAvailable } from './pods.ts'
import { nextAvailability } from './replica-set.ts'

const REVISION_LABEL = 'controller-revision-hash'

export interface DaemonSet extends KubeObject {
  spec: {
    selector: LabelSelector
    template: PodTemplate
    updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete' }
    minReadySeconds?: number
  }
}

/** Keeps one pod of the template on the node; a pod of an older template is replaced. */
export function daemonSetReconciler(
  pods: PodWriter,
  node: { name: string; labels(): Record<string, string> },
): Reconciler<DaemonSet> {
  return {
    async reconcile(set, context) {
      const revision = shortHash(canonicalJson(set.spec.template))
      const wanted = matchesAll(set.spec.template.spec.nodeSelector ?? {}, node.labels())
      if (!set.metadata.deletionTimestamp) {
        const owned = pods.ownedBy(set)
        const active = owned.filter(isActive)
        const isOld = (pod: Pod): boolean =>
          set.spec.updateStrategy?.type !== 'OnDelete' && pod.metadata.labels?.[REVISION_LABEL] !== revision
        const keep = wanted ? active.find((pod) => !isOld(pod)) : undefined
        for (const pod of owned) {
          if (pod !== keep && !pod.metadata.deletionTimestamp) await pods.delete(pod, context)
        }
        // One at a time on a node: the new pod may need the old one's ports.
        if (wanted && !keep && !pods.ownedBy(set).some((pod) => pod.metadata.deletionTimestamp)) {
          await pods.create(daemonPod(set, revision, node.name), context)
        }
      }
      const current = pods.ownedBy(set).filter(isActive)
      const status = daemonSetStatus(set, current, { wanted: wanted ? 1 : 0, revision })
      if (canonicalJson({ ...set.status, ...status }) !== canonicalJson(set.status)) await context.patchStatus(status)
      const recheckAfter = nextAvailability(current, set.spec.minReadySeconds ?? 0)
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }
}

function daemonPod(set: DaemonSet, revision: string, nodeName: string): Pod {
  const pod = podFromTemplate(set, set.spec.template, `${set.metadata.name}-${randomSuffix()}`)
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [REVISION_LABEL]: revision,
        'pod-template-generation': String(set.metadata.generation ?? 1),
      },
    },
    spec: { ...pod.spec, nodeName },
  }
}

function daemonSetStatus(
  set: DaemonSet,
  active: Pod[],
  { wanted, revision }: { wanted: number; revision: string },
): Record<string, unknown> {
  const available = active.filter((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, Date.now()) === 0).length
  return {
    currentNumberScheduled: Math.min(wanted, active.length),
    desiredNumberScheduled: wanted,
    numberMisscheduled: Math.max(0, active.length - wanted),
    numberReady: active.filter(isReady).length,
    numberAvailable: available,
    numberUnavailable: Math.max(0, wanted - available),
    updatedNumberScheduled: active.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}

import type { Reconciler } from '@slipway/controller-runtime'
import type { KubeObject } from '@slipway/kube-objects'
import { canonicalJson, shortHash } from '../canonical.ts'
import type { LabelSelector, Pod, PodTemplate } from '../model/pod.ts'
import type { PodWriter } from './pod-writer.ts'
import { isActive, isReady, podFromTemplate, untilAvailable } from './pods.ts'
import { nextAvailability } from './replica-set.ts'

const REVISION_LABEL = 'controller-revision-hash'

export interface StatefulSet extends KubeObject {
  spec: {
    replicas?: number
    serviceName?: string
    selector: LabelSelector
    template: PodTemplate
    podManagementPolicy?: 'OrderedReady' | 'Parallel'
    updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete'; rollingUpdate?: { partition?: number } }
    minReadySeconds?: number
    ordinals?: { start?: number }
  }
}

/** Keeps pods name-0, name-1, … in order: each waits for the ones before it, updates go from the last to the first. */
export function statefulSetReconciler(pods: PodWriter): Reconciler<StatefulSet> {
  return {
    async reconcile(set, context) {
      const revision = `${set.metadata.name}-${shortHash(canonicalJson(set.spec.template))}`
      const owned = pods.ownedBy(set)
      if (!set.metadata.deletionTimestamp) {
        const step = nextStep(set, owned, { revision, now: Date.now() })
        for (const pod of step.remove) await pods.delete(pod, context)
        for (const ordinal of step.create) await pods.create(ordinalPod(set, ordinal, revision), context)
      }
      const current = pods.ownedBy(set).filter(isActive)
      const status = statefulSetStatus(set, current, revision)
      if (canonicalJson({ ...set.status, ...status }) !== canonicalJson(set.status)) await context.patchStatus(status)
      const recheckAfter = nextAvailability(current, set.spec.minReadySeconds ?? 0)
      return { kind: 'ready', reason: 'Synced', message: '', ...(recheckAfter !== undefined && { recheckAfter }) }
    },
  }
}

/** The pods to create (by ordinal) and to delete now. */
export function nextStep(
  set: StatefulSet,
  owned: Pod[],
  { revision, now }: { revision: string; now: number },
): { create: number[]; remove: Pod[] } {
  const { replicas = 1, podManagementPolicy, minReadySeconds = 0, updateStrategy, ordinals } = set.spec
  const start = ordinals?.start ?? 0
  const byOrdinal = new Map(owned.map((pod) => [ordinalOf(pod), pod]))
  const isSettled = (pod: Pod): boolean => isActive(pod) && untilAvailable(pod, minReadySeconds, now) === 0
  const create: number[] = []
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (!pod) create.push(ordinal)
    else if (!pod.metadata.deletionTimestamp && !isActive(pod)) return { create: [], remove: [pod] }
    if (podManagementPolicy !== 'Parallel' && (!pod || !isSettled(pod))) break
  }
  if (create.length > 0) return { create, remove: [] }
  const last = (a: Pod, b: Pod): number => ordinalOf(b) - ordinalOf(a)
  const surplus = owned.filter((pod) => ordinalOf(pod) >= start + replicas || ordinalOf(pod) < start).sort(last)
  if (surplus.length > 0) {
    const leaving = podManagementPolicy === 'Parallel' ? surplus : surplus.slice(0, 1)
    return { create: [], remove: leaving.filter((pod) => !pod.metadata.deletionTimestamp) }
  }
  if (updateStrategy?.type === 'OnDelete' || owned.some((pod) => pod.metadata.deletionTimestamp))
    return { create: [], remove: [] }
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0
  for (const pod of [...owned].sort(last)) {
    if (ordinalOf(pod) < partition) break
    if (pod.metadata.labels?.[REVISION_LABEL] !== revision) return { create: [], remove: [pod] }
    if (!isSettled(pod)) break
  }
  return { create: [], remove: [] }
}

function ordinalPod(set: StatefulSet, ordinal: number, revision: string): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const pod = podFromTemplate(set, set.spec.template, name)
  const { generateName: _generateName, ...metadata } = pod.metadata
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
        [REVISION_LABEL]: revision,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
    },
    spec: { ...pod.spec, hostname: name, ...(set.spec.serviceName && { subdomain: set.spec.serviceName }) },
  }
}

function statefulSetStatus(set: StatefulSet, active: Pod[], revision: string): Record<string, unknown> {
  const updated = active.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision)
  const complete =
    updated.length === active.length && active.length === (set.spec.replicas ?? 1) && active.every(isReady)
  const before = set.status?.currentRevision as string | undefined
  const currentRevision = complete || !before ? revision : before
  return {
    replicas: active.length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, Date.now()) === 0)
      .length,
    currentReplicas: active.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === currentRevision).length,
    updatedReplicas: updated.length,
    currentRevision,
    updateRevision: revision,
    collisionCount: 0,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
  }
}

const ordinalOf = (pod: Pod): number => Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1))

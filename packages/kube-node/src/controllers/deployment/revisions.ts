import { canonicalJson, shortHash } from '../../canonical.ts'
import { ownerReference } from '../../labels.ts'
import type { PodTemplate } from '../../model/pod.ts'
import type { Deployment, ReplicaSet } from '../../model/workloads.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const HASH_LABEL = 'pod-template-hash'

/** Annotations that are the Deployment's own business and not its revisions' (deployment/util, annotationsToSkip). */
const OWN_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]

/** The replica set that was made of this very template; the oldest, should there be several. */
export function findNewReplicaSet(deployment: Deployment, sets: ReplicaSet[]): ReplicaSet | undefined {
  const wanted = templateText(deployment.spec.template)
  return [...sets].sort(byAge).find((set) => templateText(set.spec.template) === wanted)
}

function templateText(template: PodTemplate): string {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {}
  return canonicalJson({ ...template, metadata: { ...template.metadata, labels, creationTimestamp: undefined } })
}

export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0)
}

/** What a Deployment's replica set carries besides its template. */
export function replicaSetAnnotations(
  deployment: Deployment,
  revision: number,
  maxSurge: number,
): Record<string, string> {
  const desired = deployment.spec.replicas ?? 1
  return {
    ...Object.fromEntries(
      Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.includes(name)),
    ),
    [REVISION]: String(revision),
    'deployment.kubernetes.io/desired-replicas': String(desired),
    'deployment.kubernetes.io/max-replicas': String(desired + maxSurge),
  }
}

/** The replica set for a template that has none yet. */
export function newReplicaSet(
  deployment: Deployment,
  options: { revision: number; replicas: number; maxSurge: number },
): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec
  const { namespace, name } = deployment.metadata
  const hash = shortHash(`${templateText(template)}${deployment.status?.collisionCount ?? ''}`)
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace && { namespace }),
      labels,
      annotations: replicaSetAnnotations(deployment, options.revision, options.maxSurge),
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: options.replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** Empty replica sets beyond the revision history, oldest first. */
export function outdated(deployment: Deployment, old: ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10
  const idle = old.filter((set) => (set.spec.replicas ?? 1) === 0 && (set.status?.replicas ?? 0) === 0)
  return idle.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, idle.length - limit))
}

export const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  revisionOf(a) - revisionOf(b)

import { canonicalJson, shortHash } from '../../canonical.ts'
import { ownerReference } from '../../labels.ts'
import type { PodTemplate } from '../../model/pod.ts'
import type { Deployment, ReplicaSet } from '../../model/workloads.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const DESIRED = 'deployment.kubernetes.io/desired-replicas'
export const MOST = 'deployment.kubernetes.io/max-replicas'
const HISTORY = 'deployment.kubernetes.io/revision-history'
const HASH_LABEL = 'pod-template-hash'

/** Annotations that are the Deployment's own business and not its revisions' (deployment/util, annotationsToSkip). */
const OWN_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MOST,
  'deprecated.deployment.rollback.to',
]

/** The replica set that was made of this very template; the oldest, should there be several. */
export function findNewReplicaSet(deployment: Deployment, sets: ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort(byAge).find((set) => isOfTemplate(deployment, set))
}

export const isOfTemplate = ({ spec }: Deployment, set: ReplicaSet): boolean =>
  templateText(set.spec.template) === templateText(spec.template)

function templateText(template: PodTemplate): string {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {}
  return canonicalJson({ ...template, metadata: { ...template.metadata, labels, creationTimestamp: undefined } })
}

/** Numbers of revisions are 64 bits long. */
export function revisionOf({ metadata }: ReplicaSet): bigint {
  const text = metadata.annotations?.[REVISION] ?? '0'
  return /^\d+$/.test(text) ? BigInt(text) : 0n
}

/** What a Deployment's newest replica set carries of it. */
export function revisionAnnotations(deployment: Deployment, revision: bigint): Record<string, string> {
  const shared = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([name]) => !OWN_ANNOTATIONS.includes(name),
  )
  return { ...Object.fromEntries(shared), [REVISION]: String(revision) }
}

/** Which numbers a replica set had before it got this one: a template that came back is the newest again. */
export function historyAnnotation(set: ReplicaSet, revision: bigint): Record<string, string> {
  const { [REVISION]: before, [HISTORY]: history } = set.metadata.annotations ?? {}
  if (!before || revisionOf(set) === revision) return {}
  return { [HISTORY]: history ? `${history},${before}` : before }
}

/** Which size of the Deployment a replica set's own size is a part of. */
export function sizeAnnotations(desired: number, maxSurge: number): Record<string, string> {
  return { [DESIRED]: String(desired), [MOST]: String(desired + maxSurge) }
}

/** The replica set for a template that has none yet. */
export function newReplicaSet(
  deployment: Deployment,
  options: { revision: bigint; replicas: number; maxSurge: number },
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
      annotations: {
        ...revisionAnnotations(deployment, options.revision),
        ...sizeAnnotations(deployment.spec.replicas ?? 1, options.maxSurge),
      },
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

/** Replica sets beyond the revision history, oldest first, that are known to be empty (cleanupDeployment). */
export function outdated(deployment: Deployment, old: ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10
  const isEmpty = ({ metadata, spec, status = {} }: ReplicaSet): boolean =>
    (spec.replicas ?? 1) === 0 &&
    (status.replicas ?? 0) === 0 &&
    (metadata.generation ?? 0) <= (status.observedGeneration ?? 0)
  return [...old]
    .sort(byRevision)
    .slice(0, Math.max(0, old.length - limit))
    .filter(isEmpty)
}

export const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || byRevision(a, b)

const byRevision = (a: ReplicaSet, b: ReplicaSet): number => {
  const [first, second] = [revisionOf(a), revisionOf(b)]
  return first < second ? -1 : first > second ? 1 : 0
}

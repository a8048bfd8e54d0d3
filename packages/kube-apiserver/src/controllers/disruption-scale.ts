import { evaluateJsonPath, type KubeObject, type OwnerReference } from '@slipway/kube-objects'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import type { ObjectService } from '../storage/object-service.ts'

interface Deps {
  objects: ObjectService
  registry: ResourceRegistry
}

/** How many pods are wanted where some of them are, and which of these nobody has asked for. */
export interface ExpectedScale {
  expected: number
  unmanaged: string[]
}

/** As many as the managers of the pods want, not only those that are there (getExpectedScale). Throws an Error in Kubernetes' words. */
export function expectedScale(deps: Deps, pods: Readonly<KubeObject>[]): ExpectedScale {
  const scales = new Map<string, number>()
  const unmanaged: string[] = []
  for (const pod of pods) {
    const owner = managerOf(pod)
    if (!owner) unmanaged.push(pod.metadata.name)
    else if (!scales.has(owner.uid)) {
      const { uid, replicas } = scaleOf(deps, owner, pod)
      scales.set(uid, replicas)
    }
  }
  return { expected: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged }
}

const managerOf = ({ metadata }: Readonly<KubeObject>): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller)

/** Pods of a Deployment are counted once, however many replica sets they have. */
function scaleOf(deps: Deps, owner: OwnerReference, pod: Readonly<KubeObject>): { uid: string; replicas: number } {
  const { namespace } = pod.metadata
  const [, group = ''] = /^(.+)\/[^/]+$/.exec(owner.apiVersion) ?? []
  const resource = deps.registry.byKind(group, owner.kind)
  if (!resource) throw new Error(`no matches for kind "${owner.kind}" in version "${owner.apiVersion}"`)
  if (!resource.subresources.some(({ name }) => name === 'scale')) {
    throw new Error(`${resource.plural}${group && `.${group}`} does not implement the scale subresource`)
  }
  const found = deps.objects.find({ resource, namespace, name: owner.name })
  if (found?.metadata.uid !== owner.uid) throw new Error(`found no controllers for pod "${pod.metadata.name}"`)
  const deployment = group === 'apps' && owner.kind === 'ReplicaSet' ? managerOf(found) : undefined
  if (deployment?.kind === 'Deployment') return scaleOf(deps, deployment, pod)
  const path = resource.custom?.scale?.specReplicasPath ?? '.spec.replicas'
  return { uid: owner.uid, replicas: Number(evaluateJsonPath(found, path)[0] ?? 0) }
}

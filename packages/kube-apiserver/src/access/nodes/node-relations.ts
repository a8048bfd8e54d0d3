import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../../defaults/spec.ts'
import { viewEntry } from '../../storage/codec.ts'
import { keyOf, prefixOf } from '../../storage/keys.ts'
import { isMirror } from '../../strategy/pod-changes.ts'
import { accountsOf, claimsOf, configMapsOf, deviceClaimsOf, secretsOf } from './pod-references.ts'
import { PodsByNode } from './pods-by-node.ts'

const VOLUMES = { group: '', plural: 'persistentvolumes', namespaced: false }

/** What pods refer to, by resource. */
const REFERENCES = {
  secrets: secretsOf,
  configmaps: configMapsOf,
  persistentvolumeclaims: claimsOf,
  resourceclaims: deviceClaimsOf,
  serviceaccounts: accountsOf,
}
type Referred = keyof typeof REFERENCES

/** What is there because of a node, read from the store each time. */
export class NodeRelations {
  readonly #store: RevisionStore
  readonly #pods: PodsByNode

  constructor(store: RevisionStore) {
    this.#store = store
    this.#pods = new PodsByNode(store)
  }

  /** Whether a pod of the node needs the object; of Secrets, also by a volume that it claims. */
  needs(node: string, plural: Referred, namespace: string, name: string): boolean {
    if (this.#podsOf(node, namespace).some((pod) => REFERENCES[plural](pod).includes(name))) return true
    return (
      plural === 'secrets' && this.#volumes().some((one) => hasSecret(one, namespace, name) && this.#claims(node, one))
    )
  }

  /** Whether a pod of the node has claimed the volume. */
  needsVolume(node: string, name: string): boolean {
    const entry = this.#store.get(keyOf(VOLUMES, undefined, name))
    return entry !== undefined && this.#claims(node, viewEntry(entry))
  }

  /** Whether the `spec.nodeName` of an object is the node. */
  isOn(node: string, type: Parameters<typeof keyOf>[0], namespace: string | undefined, name: string): boolean {
    const entry = this.#store.get(keyOf(type, namespace, name))
    return entry !== undefined && viewEntry(entry).spec?.nodeName === node
  }

  #claims(node: string, { spec }: Readonly<KubeObject>): boolean {
    const { namespace = '', name } = spec?.claimRef ?? {}
    return name !== undefined && this.#podsOf(node, namespace).some((pod) => claimsOf(pod).includes(name))
  }

  /** A node makes the mirrors of its own pods, which therefore open nothing to it. */
  #podsOf(node: string, namespace: string): Readonly<KubeObject>[] {
    return this.#pods.of(node).filter((pod) => pod.metadata.namespace === namespace && !isMirror(pod))
  }

  #volumes(): Readonly<KubeObject>[] {
    return this.#store.list(prefixOf(VOLUMES)).entries.map((entry) => viewEntry(entry))
  }
}

/** Sources whose Secret lies with the claim unless they say where. */
const WITH_CLAIM = ['cephfs', 'flexVolume', 'rbd', 'scaleIO', 'iscsi']

/** Whether a node that mounts the volume needs the Secret (pvutil.VisitPVSecretNames). */
function hasSecret({ spec = {} }: Readonly<KubeObject>, namespace: string, name: string): boolean {
  const { azureFile, csi, cinder, storageos, claimRef } = spec as Spec
  const home = claimRef?.namespace
  const references = [
    ...WITH_CLAIM.map((source) => ({ namespace: home, ...withoutEmpty(spec[source]?.secretRef) })),
    { namespace: azureFile?.secretNamespace || home, name: azureFile?.secretName },
    ...[cinder?.secretRef, storageos?.secretRef],
    ...[csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef],
  ]
  return references.some((one: Spec | undefined) => one?.name === name && one.namespace === namespace)
}

const withoutEmpty = (reference: Spec | undefined): Spec =>
  Object.fromEntries(Object.entries(reference ?? {}).filter(([, value]) => value !== ''))

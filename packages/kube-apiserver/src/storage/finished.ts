import type { KubeObject } from '@slipway/kube-objects'

/** The last finalizer of an object that is being deleted has gone, and nothing waits for a grace period. */
export function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (!deletionTimestamp || finalizers?.length) return false
  if (object.kind === 'Namespace' && object.apiVersion === 'v1' && object.spec?.finalizers?.length) return false
  return (deletionGracePeriodSeconds ?? 0) === 0
}

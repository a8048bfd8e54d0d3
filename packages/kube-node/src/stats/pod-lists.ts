import type { PodAccess } from '../server/pod-access.ts'

/** GET /pods: the pods of this node, as far as the kubelet knows. */
export function podList(pods: PodAccess[]): object {
  return listOf(pods.map(({ pod: { apiVersion: _, kind: __, ...pod } }) => pod))
}

/** GET /runningpods/: what runs, whatever should. */
export function runningPods(pods: PodAccess[]): object {
  const running = pods.filter(({ running: { containers } }) => containers.length > 0)
  return listOf(
    running.map(({ pod: { metadata }, running: { containers } }) => ({
      metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
      spec: { containers: containers.map(({ name, image }) => ({ name, image, resources: {} })) },
      status: {},
    })),
  )
}

const listOf = (items: object[]): object => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items })

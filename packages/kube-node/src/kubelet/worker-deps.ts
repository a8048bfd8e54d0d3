import type { Log } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import type { PodRuntime } from '../runtime/pod-runtime.ts'
import type { Pod } from '../types.ts'

/** What the worker of a pod and its parts have of the node. */
export interface WorkerDeps {
  client: KubeClient
  runtime: PodRuntime
  /** Folder of all pods. */
  podsDir: string
  nodeName: string
  /** Tells this node's containers from those of others at the same engine. */
  instance: string
  hostIP: string
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void
  serviceAccountToken?: (pod: Pod, audience: string | undefined, seconds: number) => Promise<string>
  log: Log
}

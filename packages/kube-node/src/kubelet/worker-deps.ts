import type { EventSubject, Log } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import type { Service } from '../model/service.ts'
import type { PodRuntime } from '../runtime/pod-runtime.ts'
import type { Resources } from './machine-resources.ts'

/** What the worker of a pod and its parts have of the node. */
export interface WorkerDeps {
  client: KubeClient
  runtime: PodRuntime
  /** Folder of all pods. */
  podsDir: string
  /** Folder of the seccomp profiles of type Localhost. */
  seccompDir: string
  /** Folder of volumes in memory. */
  memoryDir: string
  nodeName: string
  /** Tells this node's containers from those of others at the same engine. */
  instance: string
  hostIP: string
  /** What this machine has. */
  resources: Resources
  /** Address of the cluster's DNS server; absent = pods have this machine's resolver. */
  clusterDns?: string
  /** Looks at the changes of resources that pods of the node wait for, and grants those that there is room for. */
  grantResizes(): void
  /** The engine has an image that it did not have. */
  pulled(): void
  /** All Services, for the variables that tell where they are. */
  services(): Service[]
  event(subject: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string): void
  log: Log
}

import type { ContainerEngine, ImageInfo } from '@slipway/container-engine'

/** The part of a container engine that runs pods; the simulated one implements the same. */
export type PodEngine = Pick<
  ContainerEngine,
  | 'createContainer'
  | 'start'
  | 'update'
  | 'usage'
  | 'stop'
  | 'kill'
  | 'remove'
  | 'inspect'
  | 'list'
  | 'logs'
  | 'exec'
  | 'attach'
  | 'events'
  | 'inspectImage'
  | 'listImages'
>

/** What the kubelet runs pods with. */
export interface PodRuntime {
  /** As Node.status.nodeInfo says it, such as `podman://4.3.1` or `simulated://0`. */
  version: string
  /** Nothing really runs: probes are not asked and every view must say so. */
  simulated: boolean
  /** Whether a container's own address can be connected to from here. */
  addressesReachable: boolean
  engine: PodEngine
  images: ImagePuller
  /** Resolves to the id of the image of which sandboxes are made. `anew` = it may have been removed. */
  sandboxImage(options?: { anew: boolean }): Promise<string>
}

export interface ImageRequest {
  policy: 'Always' | 'IfNotPresent' | 'Never'
  /** Contents of `.dockerconfigjson`, in the pod's order. */
  pullSecrets: string[]
  signal: AbortSignal
  /** A registry is going to be asked for an image that is not there, or that is asked for each time. */
  onPull?(): void
}

export interface PulledImage {
  /** What containers are created from. */
  image: ImageInfo
  /** `repository@digest`, or the id where there is no registry behind it. */
  imageRef: string
  /** False when what was there already was enough. */
  pulled: boolean
  /** Bytes of what the registry has, when pulled. */
  size?: number
}

/**
 * Makes images available. Throws UserError IMAGE_NOT_FOUND, IMAGE_UNAUTHORIZED, IMAGE_NAME_INVALID, IMAGE_NEVER_PULL and
 * TransientError IMAGE_UNREACHABLE.
 */
export interface ImagePuller {
  ensureImage(reference: string, request: ImageRequest): Promise<PulledImage>
}

/** Labels of every container that belongs to a pod, as the kubelet's runtimes write them. */
export const LABELS = {
  pod: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  uid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
  attempt: 'io.kubernetes.container.restartCount',
  /** Which Slipway it belongs to: several may share an engine. */
  node: 'slipway.dev/node',
  imageRef: 'slipway.dev/image-ref',
  /** As the pod's spec named it when the container was made. */
  image: 'slipway.dev/image',
  /** Its resources as the spec had them then, in JSON. */
  resources: 'slipway.dev/resources',
  /** The sandbox whose namespaces it joined. */
  sandbox: 'io.kubernetes.sandbox.id',
} as const

/** What a sandbox is called instead of a container's name, which is always in small letters. */
export const SANDBOX = 'POD'

import type { ContainerEngine } from '@slipway/container-engine'
import type { Authenticator } from '@slipway/http-server'

export interface ImageBuilderOptions {
  /** The engine that builds, asked for at each run; undefined when the machine has none. */
  engine: () => Promise<ContainerEngine | undefined>
  authenticator: Authenticator
  registry: {
    /** Name of the resource, such as `acrgitopsdev`. */
    name: string
    /** Host of the real world, such as `acrgitopsdev.azurecr.io`. */
    loginServer: string
    /** Where the engine reaches the same registry, such as `127.0.0.1:7080`. */
    pushHost: () => string
    /** With these the builder pulls base images and pushes what it built. */
    credentials: { username: string; password: string }
  }
  /** Holds uploaded sources and runs. */
  dir: string
  /** Milliseconds since 1970. @default Date.now */
  clock?: () => number
}

/** States of a run, in the words of Azure Container Registry. */
export type RunStatus = 'Queued' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled' | 'Timeout'

/** What is asked for, as `POST …/scheduleRun` sends it. */
export interface BuildOrder {
  imageNames: string[]
  isPushEnabled: boolean
  sourceLocation: string
  dockerFilePath: string
  arguments: { name: string; value: string; isSecret?: boolean }[]
  target?: string
  /** Such as `linux/arm64`; absent = the engine's own. */
  platform?: string
  noCache: boolean
  /** Seconds, from the start of the run. */
  timeout: number
}

export interface OutputImage {
  registry: string
  repository: string
  tag: string
  digest: string
}

export interface Run {
  runId: string
  status: RunStatus
  createTime: string
  startTime?: string
  finishTime?: string
  runErrorMessage?: string
  outputImages: OutputImage[]
}

import type { KubeObject } from '@slipway/kube-objects'
import { helmReleaseCrd } from './helm-release/crd.ts'

export { chartDownloads } from './chart-source/chart-downloads.ts'
export type { ChartDownload, ChartDownloader } from './chart-source/repository-charts.ts'
export { HelmController, type HelmControllerDeps, type HelmControllerOptions } from './helm-controller.ts'
export { type ActionOptions, ReleaseActions, type UninstallOptions } from './release/actions.ts'
export { type RecordKind, ReleaseStorage, type StoredRelease } from './release/storage.ts'
export { isUnready } from './release/wait.ts'
export type { ApplyMethod } from './release/write.ts'
export { hostAddresses } from './rendering/host-names.ts'
export { ReleaseRenderer } from './rendering/renderer.ts'
export { renderHere } from './rendering/rendering.ts'
export { renderInRounds } from './rendering/rounds.ts'
export { SchemaDocuments } from './rendering/schema-documents.ts'
export { ChartThreads } from './threads/chart-threads.ts'
export { chartWorker } from './threads/chart-work.ts'
export { serveThread } from './threads/serve-thread.ts'
export { ThreadPool, type ThreadPoolOptions } from './threads/thread-pool.ts'

/** The kinds that this controller owns. */
export const crds: KubeObject[] = [helmReleaseCrd]

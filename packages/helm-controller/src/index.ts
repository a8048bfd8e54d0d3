import type { KubeObject } from '@slipway/kube-objects'
import { helmReleaseCrd } from './helm-release/crd.ts'

export { chartDownloads } from './chart-source/chart-downloads.ts'
export type { ChartDownload, ChartDownloader } from './chart-source/repository-charts.ts'
export { HelmController, type HelmControllerDeps, type HelmControllerOptions } from './helm-controller.ts'
export { type ActionOptions, ReleaseActions, type UninstallOptions } from './release/actions.ts'
export { hostAddresses } from './release/host-names.ts'
export { ReleaseRenderer, type RenderedRelease, type RenderRequest } from './release/renderer.ts'
export { renderInRounds } from './release/rounds.ts'
export { SchemaDocuments } from './release/schema-documents.ts'
export { ReleaseStorage, type StoredRelease } from './release/storage.ts'

/** The kinds that this controller owns. */
export const crds: KubeObject[] = [helmReleaseCrd]

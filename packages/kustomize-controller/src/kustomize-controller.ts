import { Controller, type Log } from '@slipway/controller-runtime'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { AppliedObjects } from './cluster/applied-objects.ts'
import { KUSTOMIZATION, type Kustomization } from './kustomization/kustomization-kind.ts'
import { kustomizationReconciler } from './kustomization/reconciler.ts'

const SOURCES = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' }

export interface KustomizeControllerDeps {
  client: KubeClient
  informers: InformerSet
  log?: Log
}

export interface KustomizeControllerOptions {
  /** Kustomizations worked on at once. @default 4 */
  workers?: number
}

/** Applies what sources hold, prunes what they no longer hold, and puts back what others change. */
export function kustomizeController(
  deps: KustomizeControllerDeps,
  options: KustomizeControllerOptions = {},
): Controller {
  const { client, informers, log } = deps
  const sources = informers.for<KubeObject>(SOURCES)
  const kustomizations = informers.for<Kustomization>(KUSTOMIZATION)
  const applied = new AppliedObjects(informers, (owner) => controller.enqueue(owner))
  const controller: Controller<Kustomization> = new Controller<Kustomization>({
    name: 'kustomize-controller',
    client,
    informers,
    query: KUSTOMIZATION,
    finalizer: 'finalizers.fluxcd.io',
    status: 'own',
    reconciler: kustomizationReconciler({ client, applied, sources, log: log ?? (() => {}) }),
    watches: [
      {
        query: SOURCES,
        map: ({ object }) =>
          kustomizations
            .list()
            .filter((kustomization) => usesSource(kustomization, object))
            .map(({ metadata }) => metadata),
      },
    ],
    ...(options.workers !== undefined && { workers: options.workers }),
    ...(log && { log }),
  })
  return controller as unknown as Controller
}

function usesSource({ spec, metadata }: Kustomization, source: KubeObject): boolean {
  const { kind, name, namespace = metadata.namespace } = spec.sourceRef
  return kind === source.kind && name === source.metadata.name && namespace === source.metadata.namespace
}

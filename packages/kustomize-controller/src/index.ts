export type { ArtifactRef } from './artifact/artifact.ts'
export { crds, type Failure, type InventoryEntry, type Kustomization } from './kustomization/kustomization-kind.ts'
export {
  type KustomizeControllerDeps,
  type KustomizeControllerOptions,
  kustomizeController,
} from './kustomize-controller.ts'

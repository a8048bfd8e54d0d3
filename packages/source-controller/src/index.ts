export { type Artifact, crds, type GitRepository } from './git-repository-kind.ts'
export {
  type SourceControllerDeps,
  type SourceControllerOptions,
  type SourceControllers,
  sourceControllers,
} from './source-controllers.ts'

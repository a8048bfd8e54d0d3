export { type DeployKey, GitHost, type GitHostOptions, type HostedRepository, type PushEvent } from './git-host.ts'
export { gitRoutes } from './http-routes.ts'
export type { GitHostLimits } from './limits.ts'
export {
  DELETE_DATA_ANNOTATION,
  type RepositoryControllerDeps,
  type RepositoryControllerOptions,
  repositoryControllers,
} from './repository-controller.ts'
export { crds, type Repository, type RepositoryRef } from './repository-kind.ts'
export { fingerprintOf, generateSshKey, publicKeyOf, type SshKey } from './ssh-key.ts'
export { GitSshServer, type GitSshServerOptions } from './ssh-server.ts'

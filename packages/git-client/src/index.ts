export {
  GitClient,
  type GitClientOptions,
  type RemoteTarget,
} from './git-client.ts'
export type { CommitInfo } from './git-objects.ts'
export type { FetchOptions, GitCredentials } from './remote-transfer.ts'
export { applyAliases, parseRemoteUrl, type RemoteUrl, withoutCredentials } from './remote-url.ts'
export type { SshCredentials, SshPoolOptions } from './ssh-pool.ts'
export type { TreeEntry } from './tree.ts'

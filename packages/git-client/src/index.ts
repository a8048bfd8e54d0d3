export {
  type CommitInfo,
  type FetchOptions,
  GitClient,
  type GitClientOptions,
  type GitCredentials,
  type RemoteRef,
  type RemoteTarget,
} from './git-client.ts'
export { applyAliases, parseRemoteUrl, type RemoteUrl } from './remote-url.ts'
export type { SshCredentials, SshPoolOptions } from './ssh-pool.ts'
export type { TreeEntry } from './tree.ts'

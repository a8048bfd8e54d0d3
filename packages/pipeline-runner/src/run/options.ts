/** A real Azure subscription, or the services that stand for it on this machine. */
export type ServiceConnection =
  | {
      kind: 'embedded'
      /** By registry name, such as `acrgitopsdev`. */
      registries: Record<string, { loginServer: string; url: string }>
      username: string
      password: string
    }
  | {
      kind: 'azure'
      /** @default 'AzureCloud' */
      environment?: string
      tenantId: string
      servicePrincipalId: string
      servicePrincipalKey: string
      subscriptionId?: string
    }

export interface GitCredentials {
  username: string
  password: string
}

export interface RunnerOptions {
  /** Logs and artifacts: `<runsDir>/<run>/…`. Nothing else may write there. */
  runsDir: string
  /** A folder that is first on every step's PATH; it holds `az` and `helm`. */
  toolsPath: string
  /** Where a repository is cloned from, over HTTP. */
  gitCloneUrl: (repository: string) => string
  /** For the git host; they never reach arguments or logs. */
  credentials: () => GitCredentials | Promise<GitCredentials>
  /** A service connection by the name that pipelines use; undefined = there is none. */
  connections: (name: string) => ServiceConnection | undefined | Promise<ServiceConnection | undefined>
  /** The environment that steps start from: PATH, HOME, LANG and the like. */
  env: Readonly<Record<string, string>>
  /** Runs at once. @default 2 */
  concurrency?: number
  /** Keep each run's `_work` folder after its end. @default false */
  keepWork?: boolean
  /** Base of `System.CollectionUri`. @default 'http://127.0.0.1/' */
  collectionUri?: string
}

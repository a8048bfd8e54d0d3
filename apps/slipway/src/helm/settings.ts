import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where Helm keeps its files. */
export interface HelmFolders {
  readonly cache: string
  readonly config: string
  readonly data: string
}

/** The folders by HELM_*_HOME, the XDG variables, or below the home folder. */
export function helmFolders(env: Environment): HelmFolders {
  const folder = (variable: string, xdg: string, fallback: string): string =>
    env[variable] || join(env[xdg] || join(homedir(), fallback), 'helm')
  return {
    cache: folder('HELM_CACHE_HOME', 'XDG_CACHE_HOME', '.cache'),
    config: folder('HELM_CONFIG_HOME', 'XDG_CONFIG_HOME', '.config'),
    data: folder('HELM_DATA_HOME', 'XDG_DATA_HOME', join('.local', 'share')),
  }
}

/** Where plug-ins are: folders, as PATH has them. */
export function pluginFolders(env: Environment): string {
  return env.HELM_PLUGINS || join(helmFolders(env).data, 'plugins')
}

/** The global flags of helm. */
export interface GlobalFlags {
  readonly namespace?: string
  readonly debug: boolean
  readonly kubeContext?: string
  readonly kubeconfig?: string
  readonly kubeApiserver?: string
  readonly kubeToken?: string
  readonly kubeCaFile?: string
  readonly kubeAsUser?: string
  readonly kubeAsGroup?: readonly string[]
  readonly kubeTlsServerName?: string
  readonly kubeInsecureSkipTlsVerify?: boolean
  readonly registryConfig?: string
  readonly repositoryConfig?: string
  readonly repositoryCache?: string
  readonly contentCache?: string
}

/** What the global flags and the environment say, flags first. */
export interface HelmSettings {
  readonly debug: boolean
  /** As given; the kubeconfig's otherwise. */
  readonly namespace: string | undefined
  readonly registryConfig: string
  readonly repositoryConfig: string
  readonly repositoryCache: string
  readonly contentCache: string
  /** Revisions that upgrade and rollback keep. */
  readonly maxHistory: number
  /** HELM_DRIVER: what releases are kept in. */
  readonly driver: string
  readonly kube: {
    /** The one file that was named. */
    readonly file: string | undefined
    /** KUBECONFIG: several files, separated as in PATH. */
    readonly files: string | undefined
    readonly context: string | undefined
    readonly server: string | undefined
    readonly token: string | undefined
    readonly caFile: string | undefined
    readonly insecure: boolean
    readonly tlsServerName: string | undefined
    readonly asUser: string | undefined
    readonly asGroups: readonly string[]
    /** Address of the API server, as pods see it. */
    readonly inCluster: string | undefined
  }
}

export function helmSettings(flags: GlobalFlags, env: Environment): HelmSettings {
  const { cache, config } = helmFolders(env)
  const host = env.KUBERNETES_SERVICE_HOST
  return {
    debug: flags.debug,
    namespace: flags.namespace ?? (env.HELM_NAMESPACE || undefined),
    registryConfig: flags.registryConfig ?? (env.HELM_REGISTRY_CONFIG || join(config, 'registry/config.json')),
    repositoryConfig: flags.repositoryConfig ?? (env.HELM_REPOSITORY_CONFIG || join(config, 'repositories.yaml')),
    repositoryCache: flags.repositoryCache ?? (env.HELM_REPOSITORY_CACHE || join(cache, 'repository')),
    contentCache: flags.contentCache ?? (env.HELM_CONTENT_CACHE || join(cache, 'content')),
    maxHistory: Number(env.HELM_MAX_HISTORY || '10'),
    driver: env.HELM_DRIVER ?? '',
    kube: {
      file: flags.kubeconfig,
      files: env.KUBECONFIG,
      context: flags.kubeContext ?? (env.HELM_KUBECONTEXT || undefined),
      server: flags.kubeApiserver ?? (env.HELM_KUBEAPISERVER || undefined),
      token: flags.kubeToken ?? (env.HELM_KUBETOKEN || undefined),
      caFile: flags.kubeCaFile ?? (env.HELM_KUBECAFILE || undefined),
      insecure: flags.kubeInsecureSkipTlsVerify ?? env.HELM_KUBEINSECURE_SKIP_TLS_VERIFY === 'true',
      tlsServerName: flags.kubeTlsServerName ?? (env.HELM_KUBETLS_SERVER_NAME || undefined),
      asUser: flags.kubeAsUser ?? (env.HELM_KUBEASUSER || undefined),
      asGroups: flags.kubeAsGroup ?? groupsOf(env.HELM_KUBEASGROUPS),
      inCluster: host ? `https://${host}:${env.KUBERNETES_SERVICE_PORT || '443'}` : undefined,
    },
  }
}

/** HELM_KUBEASGROUPS, with commas between the groups. */
export function groupsOf(text = ''): string[] {
  const trimmed = text.replaceAll(/^[, ]+|[, ]+$/g, '')
  return trimmed === '' ? [] : trimmed.split(',')
}

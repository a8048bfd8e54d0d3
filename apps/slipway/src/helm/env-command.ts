import { join } from 'node:path'
import { groupsOf, helmFolders, pluginFolders } from './settings.ts'

/** What `helm env` reads. */
export interface EnvironmentOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly namespace: string | undefined
  /** Only this variable, without its name. */
  readonly name: string | undefined
}

/** `helm env`: Helm's variables, sorted. */
export function environmentText({ env, namespace, name }: EnvironmentOptions): string {
  const variables = variablesOf(env, namespace)
  if (name !== undefined) return `${variables[name] ?? ''}\n`
  return Object.entries(variables)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
    .join('')
}

/** What `helm env` tells of. */
export const variableNames = (): string[] => Object.keys(variablesOf({}, undefined))

function variablesOf(env: EnvironmentOptions['env'], namespace: string | undefined): Record<string, string> {
  const { cache, config, data } = helmFolders(env)
  return {
    HELM_BIN: process.argv[1] ?? 'helm',
    HELM_BURST_LIMIT: env.HELM_BURST_LIMIT || '100',
    HELM_CACHE_HOME: cache,
    HELM_CONFIG_HOME: config,
    HELM_CONTENT_CACHE: env.HELM_CONTENT_CACHE || join(cache, 'content'),
    HELM_DATA_HOME: data,
    HELM_DEBUG: env.HELM_DEBUG || 'false',
    HELM_KUBEAPISERVER: env.HELM_KUBEAPISERVER ?? '',
    HELM_KUBEASGROUPS: groupsOf(env.HELM_KUBEASGROUPS).join(','),
    HELM_KUBEASUSER: env.HELM_KUBEASUSER ?? '',
    HELM_KUBECAFILE: env.HELM_KUBECAFILE ?? '',
    HELM_KUBECONTEXT: env.HELM_KUBECONTEXT ?? '',
    HELM_KUBEINSECURE_SKIP_TLS_VERIFY: env.HELM_KUBEINSECURE_SKIP_TLS_VERIFY || 'false',
    HELM_KUBETLS_SERVER_NAME: env.HELM_KUBETLS_SERVER_NAME ?? '',
    // The value of this one is a credential.
    HELM_KUBETOKEN: '',
    HELM_MAX_HISTORY: env.HELM_MAX_HISTORY || '10',
    HELM_NAMESPACE: namespace ?? (env.HELM_NAMESPACE || 'default'),
    HELM_PLUGINS: pluginFolders(env),
    HELM_QPS: env.HELM_QPS || '0.00',
    HELM_REGISTRY_CONFIG: env.HELM_REGISTRY_CONFIG || join(config, 'registry/config.json'),
    HELM_REPOSITORY_CACHE: env.HELM_REPOSITORY_CACHE || join(cache, 'repository'),
    HELM_REPOSITORY_CONFIG: env.HELM_REPOSITORY_CONFIG || join(config, 'repositories.yaml'),
  }
}

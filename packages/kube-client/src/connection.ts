import { readFileSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import type { Environment, ExecPlugin, TokenSource } from './token-source.ts'

/** How to reach a cluster and as whom. Certificates and keys are PEM texts. */
export interface ClusterConnection {
  /** Base URL, such as `https://127.0.0.1:7443`. */
  server: string
  certificateAuthority?: string
  insecureSkipTlsVerify?: boolean
  /** The name that the server's certificate must have. @default the host of its URL */
  tlsServerName?: string
  clientCertificate?: string
  clientKey?: string
  token?: string
  /** In place of a token, one that is renewed. */
  tokenSource?: TokenSource
  /** Act as somebody else, which the server must allow. */
  impersonate?: Impersonation
  /** The context's namespace. @default 'default' */
  namespace?: string
}

export interface Impersonation {
  user: string
  groups: readonly string[]
}

interface Named {
  name: string
}
interface KubeconfigFile {
  'current-context'?: string
  contexts?: (Named & { context: { cluster: string; user: string; namespace?: string } })[]
  clusters?: (Named & { cluster: Record<string, string | boolean> })[]
  users?: (Named & { user: Record<string, string> & { exec?: ExecPlugin; 'as-groups'?: string[] } })[]
}

/**
 * The connection of one context (default: the current one) of a kubeconfig; credential plug-ins run in `environment`.
 * Throws UserError KUBECONFIG_INVALID.
 */
export function parseKubeconfig(text: string, context?: string, environment: Environment = {}): ClusterConnection {
  const config = parse(text) as KubeconfigFile
  const contextName = context ?? config['current-context']
  const { cluster: clusterName, user: userName, namespace } = find(config.contexts, 'context', contextName).context
  const { cluster } = find(config.clusters, 'cluster', clusterName)
  const { user } = find(config.users, 'user', userName)
  const pem = (from: Record<string, unknown>, field: string): string | undefined => {
    const data = from[`${field}-data`]
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8')
    const file = from[field]
    return typeof file === 'string' ? readFileSync(file, 'utf8') : undefined
  }
  return withoutUndefined({
    server: String(cluster.server),
    certificateAuthority: pem(cluster, 'certificate-authority'),
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true || undefined,
    tlsServerName: cluster['tls-server-name'],
    clientCertificate: pem(user, 'client-certificate'),
    clientKey: pem(user, 'client-key'),
    token: user.token,
    tokenSource: user.token ? undefined : tokenSourceOf(user, environment),
    impersonate: user.as ? { user: user.as, groups: user['as-groups'] ?? [] } : undefined,
    namespace,
  }) as unknown as ClusterConnection
}

function tokenSourceOf(
  { tokenFile, exec }: { tokenFile?: string; exec?: ExecPlugin },
  environment: Environment,
): TokenSource | undefined {
  if (tokenFile) return { file: tokenFile }
  return exec && { exec, environment }
}

function find<T extends Named>(list: T[] | undefined, what: string, name: string | undefined): T {
  const found = list?.find((item) => item.name === name)
  if (!found) {
    throw new UserError('KUBECONFIG_INVALID', `${what} "${name ?? ''}" does not exist`, {
      hint: 'choose one of the names that kubectl config view shows',
    })
  }
  return found
}

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

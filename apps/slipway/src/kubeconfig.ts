import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { parse, stringify } from '@slipway/go-yaml'

type Fields = Record<string, unknown>

export interface KubeconfigContext {
  cluster?: string
  user?: string
  namespace?: string
}

interface Entry {
  name: string
  cluster?: Fields
  user?: Fields
  context?: KubeconfigContext
}

/** Several kubeconfig files as one. */
export interface Kubeconfig {
  'current-context'?: string
  contexts: Entry[]
  clusters: Entry[]
  users: Entry[]
}

/** Where a kubeconfig comes from. */
export interface KubeconfigSource {
  /** The one file that was named. */
  readonly file: string | undefined
  /** KUBECONFIG: several files, separated as in PATH. */
  readonly files: string | undefined
}

const PATH_FIELDS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']

/** The files, merged as kubectl does: of each name the first one counts. Throws UserError KUBECONFIG_INVALID. */
export function readKubeconfig(source: KubeconfigSource): Kubeconfig {
  const files =
    source.file !== undefined ? [source.file] : (source.files || join(homedir(), '.kube', 'config')).split(delimiter)
  const merged: Kubeconfig = { contexts: [], clusters: [], users: [] }
  for (const file of files.filter((name) => name !== '')) {
    const config = readOne(file, source.file !== undefined)
    merged['current-context'] ||= config['current-context'] ?? ''
    for (const list of ['contexts', 'clusters', 'users'] as const) merged[list].push(...(config[list] ?? []))
  }
  return merged
}

/**
 * One context of a kubeconfig alone, as text, with its certificates in it (`kubectl config view --minify --flatten`).
 * Throws UserError KUBECONFIG_INVALID.
 */
export function singleContext(config: Kubeconfig, name: string): string {
  const context = find(config.contexts, 'context', name)
  const cluster = find(config.clusters, 'cluster', context.context?.cluster)
  const user = find(config.users, 'user', context.context?.user)
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ ...cluster, cluster: flattened(cluster.cluster) }],
    contexts: [context],
    'current-context': name,
    users: [{ ...user, user: flattened(user.user) }],
  })
}

function readOne(file: string, isRequired: boolean): Partial<Kubeconfig> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (!isRequired) return {}
    const message = `kubernetes cluster unreachable: stat ${file}: no such file or directory`
    throw new UserError('KUBECONFIG_INVALID', message, { cause })
  }
  const config = (parse(text) ?? {}) as Partial<Kubeconfig>
  // Paths in a kubeconfig are relative to its own folder.
  for (const entry of [...(config.clusters ?? []), ...(config.users ?? [])]) {
    const fields = entry.cluster ?? entry.user ?? {}
    for (const name of PATH_FIELDS) {
      if (typeof fields[name] === 'string') fields[name] = resolve(dirname(file), fields[name])
    }
  }
  return config
}

function find(list: Entry[], what: string, name: string | undefined): Entry {
  const found = list.find((entry) => entry.name === name)
  if (found) return found
  throw new UserError('KUBECONFIG_INVALID', `${what} "${name ?? ''}" does not exist`, {
    hint: 'choose one of the names that kubectl config get-contexts shows',
  })
}

function flattened(fields: Fields = {}): Fields {
  const inline = Object.entries(fields).map(([name, value]) => {
    if (!/^(certificate-authority|client-certificate|client-key)$/.test(name)) return [name, value]
    return [`${name}-data`, readFileSync(String(value)).toString('base64')]
  })
  return Object.fromEntries(inline)
}

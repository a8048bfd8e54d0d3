import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import type { HelmSettings } from './settings.ts'

interface Entry {
  name: string
  cluster?: Record<string, unknown>
  user?: Record<string, unknown>
  context?: { namespace?: string }
}

/** Several kubeconfig files as one. */
export interface Kubeconfig {
  'current-context'?: string
  contexts: Entry[]
  clusters: Entry[]
  users: Entry[]
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key']

/** The files that --kubeconfig or KUBECONFIG name, merged as kubectl does: of each name the first one counts. Throws UserError KUBECONFIG_INVALID. */
export function readKubeconfig({ kube }: HelmSettings): Kubeconfig {
  const files =
    kube.file !== undefined ? [kube.file] : (kube.files || join(homedir(), '.kube', 'config')).split(delimiter)
  const merged: Kubeconfig = { contexts: [], clusters: [], users: [] }
  for (const file of files.filter((name) => name !== '')) {
    const config = readOne(file, kube.file !== undefined)
    merged['current-context'] ||= config['current-context'] ?? ''
    for (const list of ['contexts', 'clusters', 'users'] as const) merged[list].push(...(config[list] ?? []))
  }
  return merged
}

function readOne(file: string, isRequired: boolean): Partial<Kubeconfig> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (!isRequired) return {}
    throw new UserError(
      'KUBECONFIG_INVALID',
      `kubernetes cluster unreachable: stat ${file}: no such file or directory`,
      {
        cause,
      },
    )
  }
  const config = (parse(text) ?? {}) as Partial<Kubeconfig>
  // Paths in a kubeconfig are relative to its own folder.
  for (const entry of [...(config.clusters ?? []), ...(config.users ?? [])]) {
    const fields = entry.cluster ?? entry.user ?? {}
    for (const name of pathFields) {
      if (typeof fields[name] === 'string') fields[name] = resolve(dirname(file), fields[name])
    }
  }
  return config
}

/** The namespace that commands work in: --namespace, HELM_NAMESPACE, that of the kubeconfig's context, or `default`. */
export function namespaceOf(settings: HelmSettings): string {
  if (settings.namespace !== undefined) return settings.namespace
  const config = readKubeconfig(settings)
  const name = settings.kube.context ?? config['current-context']
  return config.contexts.find((entry) => entry.name === name)?.context?.namespace || 'default'
}

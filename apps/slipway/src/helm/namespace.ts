import { readKubeconfig } from '../kubeconfig.ts'
import type { HelmSettings } from './settings.ts'

/** The namespace that commands work in: --namespace, HELM_NAMESPACE, that of the kubeconfig's context, or `default`. */
export function namespaceOf(settings: HelmSettings): string {
  if (settings.namespace !== undefined) return settings.namespace
  const config = readKubeconfig(settings.kube)
  const name = settings.kube.context ?? config['current-context']
  return config.contexts.find((entry) => entry.name === name)?.context?.namespace || 'default'
}

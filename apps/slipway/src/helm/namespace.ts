import { type KubeconfigContext, readKubeconfig } from '../kubeconfig.ts'
import type { HelmSettings } from './settings.ts'

/** The namespace that commands work in: --namespace, HELM_NAMESPACE, that of the kubeconfig's context, or `default`. */
export function namespaceOf(settings: HelmSettings): string {
  return settings.namespace ?? (contextOf(settings)?.namespace || 'default')
}

/** The kubeconfig's context that commands work in. */
export function contextOf({ kube }: HelmSettings): KubeconfigContext | undefined {
  const config = readKubeconfig(kube)
  const name = kube.context ?? config['current-context']
  return config.contexts.find((entry) => entry.name === name)?.context
}

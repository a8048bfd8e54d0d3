import type { KubeObject } from '@slipway/kube-objects'
import { GITOPS_NAMESPACE, IDENTITY_SECRET } from './gitops-identity.ts'

/** fluxd's flags, as `slipway install` takes them. */
export interface InstallOptions {
  name: string
  gitUrl: string
  gitBranch: string
  gitPath: string
  /** As Go writes durations, such as `5m`. */
  gitPollInterval: string
}

/** What fluxd's flags mean in Flux 2's kinds: a source, and the wish that the cluster matches it. */
export function installObjects({ name, gitUrl, gitBranch, gitPath, gitPollInterval }: InstallOptions): KubeObject[] {
  const metadata = { name, namespace: GITOPS_NAMESPACE }
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata,
      spec: {
        url: gitUrl,
        ref: { branch: gitBranch },
        interval: gitPollInterval,
        secretRef: { name: IDENTITY_SECRET },
      },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata,
      spec: {
        sourceRef: { kind: 'GitRepository', name },
        path: gitPath,
        interval: gitPollInterval,
        prune: true,
      },
    },
  ]
}

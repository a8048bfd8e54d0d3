import { groupVersionOf, type KubeObject } from '@slipway/kube-objects'

/** An object as kustomize's messages name it: `Deployment.v1.apps/web.[noNs]`. */
export function describeId({ apiVersion, kind, metadata }: KubeObject): string {
  const { group, version } = groupVersionOf(apiVersion)
  return `${kind}.${version}.${group || '[noGrp]'}/${metadata.name}.${metadata.namespace || '[noNs]'}`
}

import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'

type References = (pod: Readonly<KubeObject>) => string[]

/** Sources of volumes whose secret is named in a field `secretRef`. */
const WITH_SECRET = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos']

/** The Secrets that a pod needs on its node (podutil.VisitPodSecretNames). */
export const secretsOf: References = ({ spec = {} }) =>
  named([
    ...((spec.imagePullSecrets ?? []) as Spec[]).map(({ name }) => name),
    ...containersOf(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...(envFrom as Spec[]).map(({ secretRef }) => secretRef?.name),
      ...(env as Spec[]).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
    ...volumesOf(spec).flatMap((volume) => [
      volume.secret?.secretName,
      volume.azureFile?.secretName,
      volume.csi?.nodePublishSecretRef?.name,
      ...WITH_SECRET.map((source) => volume[source]?.secretRef?.name),
      ...sourcesOf(volume).map(({ secret }) => secret?.name),
    ]),
  ])

/** Its ConfigMaps (podutil.VisitPodConfigmapNames). */
export const configMapsOf: References = ({ spec = {} }) =>
  named([
    ...containersOf(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...(envFrom as Spec[]).map(({ configMapRef }) => configMapRef?.name),
      ...(env as Spec[]).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
    ...volumesOf(spec).flatMap((volume) => [
      volume.configMap?.name,
      ...sourcesOf(volume).map(({ configMap }) => configMap?.name),
    ]),
  ])

/** The claims of its volumes, those that are made for it among them. */
export const claimsOf: References = ({ metadata, spec = {} }) =>
  named(
    volumesOf(spec).map(({ name, persistentVolumeClaim, ephemeral }) =>
      ephemeral ? `${metadata.name}-${name}` : persistentVolumeClaim?.claimName,
    ),
  )

/** The claims of its devices, as far as they are there. */
export const deviceClaimsOf: References = ({ spec = {}, status = {} }) => {
  const made = new Map(((status.resourceClaimStatuses ?? []) as Spec[]).map((one) => [one.name, one.resourceClaimName]))
  return named([
    ...((spec.resourceClaims ?? []) as Spec[]).map(
      ({ name, resourceClaimName }) => resourceClaimName ?? made.get(name),
    ),
    status.extendedResourceClaimStatus?.resourceClaimName,
  ])
}

export const accountsOf: References = ({ spec = {} }) => named([spec.serviceAccountName])

const named = (names: (string | undefined)[]): string[] =>
  names.filter((name) => name !== undefined && name !== '') as string[]

export const volumesOf = ({ volumes = [] }: Spec): Spec[] => volumes

const sourcesOf = ({ projected }: Spec): Spec[] => projected?.sources ?? []

function containersOf({ containers = [], initContainers = [], ephemeralContainers = [] }: Spec): Spec[] {
  return [...containers, ...initContainers, ...ephemeralContainers]
}

import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

const ENFORCE = 'kubernetes.io/enforce-mountable-secrets'
/** What Go's strconv.ParseBool takes for true. */
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True']

/** Whether a ServiceAccount lets its pods have no other Secrets than those that it names. */
export const isLimited = ({ metadata }: Readonly<KubeObject>): boolean =>
  TRUE.includes(metadata.annotations?.[ENFORCE] ?? '')

/** Which Secret a new pod may not have, and why (limitSecretReferences). */
export function refusedSecret(account: Readonly<KubeObject>, spec: Spec): string | undefined {
  const { name } = account.metadata
  const may = namesOf(account.secrets)
  const why = `is not allowed because service account ${name} does not reference that secret`
  const volume = ((spec.volumes ?? []) as Spec[]).find(({ secret }) => secret && !may.has(secret.secretName))
  if (volume) return `volume with secret.secretName="${volume.secret.secretName}" ${why}`
  const used = [
    ...usesOf('init container', spec.initContainers).filter(({ secret }) => !may.has(secret)),
    ...usesOf('container', spec.containers).filter(({ secret }) => !may.has(secret)),
  ][0]
  if (used) return `${used.what} referencing secret.secretName="${used.secret}" ${why}`
  const pulls = namesOf(account.imagePullSecrets)
  const pulled = ((spec.imagePullSecrets ?? []) as Spec[]).findIndex(({ name: one }) => !pulls.has(one))
  if (pulled < 0) return undefined
  const secret = `imagePullSecrets[${pulled}].name="${spec.imagePullSecrets[pulled].name ?? ''}"`
  return `${secret} is not allowed because service account ${name} does not reference that imagePullSecret`
}

/** The same of containers that come to a pod that runs. */
export function refusedEphemeralSecret(account: Readonly<KubeObject>, spec: Spec): string | undefined {
  const may = namesOf(account.secrets)
  const used = usesOf('ephemeral container', spec.ephemeralContainers).find(({ secret }) => !may.has(secret))
  if (!used) return undefined
  const { name } = account.metadata
  return `${used.what} referencing secret.secretName="${used.secret}" is not allowed because service account ${name} does not reference that secret`
}

const namesOf = (references: Spec[] | undefined): Set<string> => new Set((references ?? []).map(({ name }) => name))

/** The Secrets that containers have variables from, one by one. */
function usesOf(kind: string, containers: Spec[] | undefined): { what: string; secret: string }[] {
  return (containers ?? []).flatMap(({ name, env = [], envFrom = [] }) => [
    ...(env as Spec[]).flatMap(({ name: variable, valueFrom }) =>
      valueFrom?.secretKeyRef
        ? [{ what: `${kind} ${name} with envVar ${variable}`, secret: valueFrom.secretKeyRef.name as string }]
        : [],
    ),
    ...(envFrom as Spec[]).flatMap(({ secretRef }) =>
      secretRef ? [{ what: `${kind} ${name} with envFrom`, secret: secretRef.name as string }] : [],
    ),
  ])
}

/** What a mirror of a static pod may not have: a node's agent reads static pods from files, and knows no Secrets (admission/serviceaccount). */
export function refusedOfMirror(spec: Spec): string | undefined {
  if (spec.serviceAccountName) return 'a mirror pod may not reference service accounts'
  const volumes = (spec.volumes ?? []) as Spec[]
  const containers = [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap((list) =>
    usesOf('', list),
  )
  const named = [
    ...((spec.imagePullSecrets ?? []) as Spec[]).map(({ name }) => name),
    ...containers.map(({ secret }) => secret),
    ...volumes.flatMap(secretsOf),
  ]
  if (named.some(Boolean)) return 'a mirror pod may not reference secrets'
  const projects = volumes.some(({ projected }) => projected?.sources?.some((one: Spec) => one.serviceAccountToken))
  return projects ? 'a mirror pod may not use ServiceAccountToken volume projections' : undefined
}

const REFERRING = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos']

function secretsOf({ secret, azureFile, projected, csi, ...volume }: Spec): (string | undefined)[] {
  return [
    secret?.secretName,
    azureFile?.secretName,
    csi?.nodePublishSecretRef?.name,
    ...((projected?.sources ?? []) as Spec[]).map((source) => source.secret?.name),
    ...REFERRING.map((kind) => volume[kind]?.secretRef?.name),
  ]
}

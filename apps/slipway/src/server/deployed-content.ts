import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { parseReference } from '@slipway/oci-format'
import { chartRepositoryOf, type Deployed } from '@slipway/registry'

/** Everything whose pods a cluster runs, or would run again: old ReplicaSets are what a roll-back goes to. */
const WORKLOADS = [
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'batch/v1', kind: 'CronJob' },
]
const HELM_RELEASE = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease' }

interface PodSpec {
  containers?: { image?: string }[]
  initContainers?: { image?: string }[]
  ephemeralContainers?: { image?: string }[]
}

/** What of a registry a cluster runs: images of pods and of what makes pods, charts of releases. `isOurs` knows the registry's host names. */
export async function deployedContent(client: KubeClient, isOurs: (host: string) => boolean): Promise<Deployed> {
  const [releases, ...workloads] = await Promise.all([
    listIfServed(client, HELM_RELEASE),
    ...WORKLOADS.map(async (kind) => (await client.list<KubeObject>(kind)).items),
  ])
  const names = new Set<string>()
  for (const image of workloads.flat().flatMap(imagesOf)) {
    const reference = read(image)
    if (!reference || !isOurs(reference.host)) continue
    const { repository, tag, digest } = reference
    for (const name of [tag, digest]) if (name !== undefined) names.add(`${repository} ${name}`)
  }
  for (const name of (releases ?? []).flatMap((release) => chartOf(release, isOurs))) names.add(name)
  return { has: (repository, reference) => names.has(`${repository} ${reference}`) }
}

async function listIfServed(client: KubeClient, kind: { apiVersion: string; kind: string }): Promise<KubeObject[]> {
  try {
    return (await client.list<KubeObject>(kind)).items
  } catch (error) {
    if (isApiError(error, 'KUBE_NO_SUCH_KIND')) return []
    throw error
  }
}

function imagesOf({ kind, spec, status }: KubeObject): string[] {
  const pod: PodSpec = kind === 'Pod' ? spec : (spec?.jobTemplate?.spec ?? spec)?.template?.spec
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod ?? {}
  const statuses: { imageID?: string }[] = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  return [
    ...[...containers, ...initContainers, ...ephemeralContainers].flatMap(({ image }) => image ?? []),
    // What a tag was when the container started, such as `docker-pullable://host/name@sha256:…`.
    ...statuses.flatMap(({ imageID }) => (imageID?.includes('@') ? imageID.replace(/^[a-z-]+:\/\//, '') : [])),
  ]
}

function chartOf({ spec, status }: KubeObject, isOurs: (host: string) => boolean): string[] {
  const { repository, name, version } = spec?.chart ?? {}
  if (typeof repository !== 'string' || !URL.canParse(repository)) return []
  const { host, protocol, pathname } = new URL(repository)
  if (!isOurs(host)) return []
  const namespace = protocol === 'oci:' ? pathname.replaceAll(/^\/|\/$/g, '') : chartRepositoryOf(pathname)
  if (namespace === undefined) return []
  // The version that is asked for may be a range; what came of it is in the status.
  const versions = [version, status?.revision, status?.lastAttemptedRevision].filter((text) => typeof text === 'string')
  // A chart's name may have capitals, its repository has none.
  return versions.map((text) => `${namespace}/${String(name).toLowerCase()} ${text.replaceAll('+', '_')}`)
}

function read(image: string): ReturnType<typeof parseReference> | undefined {
  try {
    return parseReference(image)
  } catch {
    // What is no reference can't be one of ours.
    return undefined
  }
}

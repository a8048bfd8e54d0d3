import { UserError } from '@slipway/errors'
import type { KubeClient, ListQuery, ObjectRef } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import type { Repository } from '../server/repositories.ts'

/** One step of the way from a commit to a running pod. */
export interface Hop {
  /** What came to be: commit, run, image, chart, manifests, source, release, pod. */
  what: string
  name: string
  detail: string
  /** When it was there, in milliseconds since 1970; absent when nobody noted it. */
  at?: number
}

/** The way of a workload, first hop first. Hops that left no trace (an image from elsewhere, a hand-made object) are absent. */
export interface Trace {
  workload: KubeObject
  hops: Hop[]
}

const RELEASE_NAME = 'meta.helm.sh/release-name'
const ANTECEDENT = 'helm.fluxcd.io/antecedent'
const KUSTOMIZATION = 'kustomize.toolkit.fluxcd.io'
const SOURCE = 'slipway.dev/source'

/** Finds the newest commit, up to `until`, that changed a file of a repository; undefined when its history can't be read here. */
export type LastChange = (
  url: string,
  until: string,
  file: string,
) => Promise<{ commit: string; subject: string; time: string } | undefined>

/** Follows a workload back to the commits it came from. Throws UserError NOT_FOUND. */
export async function traceWorkload(client: KubeClient, ref: ObjectRef, lastChange: LastChange): Promise<Trace> {
  const workload = await client.get<KubeObject>(ref)
  if (!workload) {
    throw new UserError('NOT_FOUND', `${ref.kind} "${ref.name}" not found in namespace "${ref.namespace}"`)
  }
  const helmRelease = await antecedentOf(client, workload)
  const run = await runOf(client, workload, helmRelease)
  const hops = [
    ...(run ? await runHops(client, run) : []),
    ...(await manifestHops(client, helmRelease ?? workload, lastChange)),
    ...(helmRelease ? await releaseHops(client, workload, helmRelease) : []),
    ...(await podHops(client, workload)),
  ]
  return { workload, hops }
}

async function antecedentOf(client: KubeClient, workload: KubeObject): Promise<KubeObject | undefined> {
  const [namespace, path] = workload.metadata.annotations?.[ANTECEDENT]?.split(':') ?? []
  const name = path?.replace('helmrelease/', '')
  if (!namespace || !name) return undefined
  return client.get<KubeObject>({ apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease', namespace, name })
}

/** The run that pushed the workload's image, or else its chart. */
async function runOf(
  client: KubeClient,
  workload: KubeObject,
  helmRelease: KubeObject | undefined,
): Promise<KubeObject | undefined> {
  const runs = await listOrNone(client, { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun' })
  const images = podSpecOf(workload).containers.map(({ image }: { image: string }) => image)
  const builtImage = runs.find(({ status }) =>
    (status?.outputs?.images ?? []).some(({ name }: { name: string }) => images.some((i: string) => isImage(i, name))),
  )
  const builtChart = runs.find(({ status }) =>
    (status?.outputs?.charts ?? []).some(
      ({ name, version }: { name: string; version: string }) =>
        name === helmRelease?.spec.chart?.name && version === helmRelease?.status?.revision,
    ),
  )
  return builtImage ?? builtChart
}

/** Whether `image` (as a pod names it, with its registry) is the one that a run calls `name`. */
const isImage = (image: string, name: string): boolean => image === name || image.endsWith(`/${name}`)

async function runHops(client: KubeClient, run: KubeObject): Promise<Hop[]> {
  const { spec, status = {}, metadata } = run
  const repositories = (await listOrNone(client, {
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'Repository',
  })) as Repository[]
  const pushed = repositories
    .find((repository) => repository.spec.repositoryName.toLowerCase() === String(spec.repository).toLowerCase())
    ?.status?.refs?.find(({ commit }) => commit === spec.commit)
  const { images = [], charts = [] } = status.outputs ?? {}
  return [
    hop(
      'commit',
      `${spec.repository}@${String(spec.commit).slice(0, 8)}`,
      pushed ? `pushed by ${pushed.pushedBy}` : spec.ref,
      pushed?.pushedAt ?? metadata.creationTimestamp,
    ),
    hop('run', metadata.name, `build ${spec.buildId}, started`, status.startTime),
    ...images.map(({ name, digest, pushedAt }: { name: string; digest: string; pushedAt: string }) =>
      hop('image', name, digest, pushedAt),
    ),
    ...charts.map(
      ({ name, version, digest, pushedAt }: { name: string; version: string; digest: string; pushedAt: string }) =>
        hop('chart', `${name}-${version}`, digest, pushedAt),
    ),
  ]
}

/** The commit that last changed the object's file, and what was made of it as long as it is the newest one. */
async function manifestHops(client: KubeClient, object: KubeObject, lastChange: LastChange): Promise<Hop[]> {
  const { labels, annotations } = object.metadata
  const name = labels?.[`${KUSTOMIZATION}/name`]
  const namespace = labels?.[`${KUSTOMIZATION}/namespace`]
  if (!name || !namespace) return []
  const kustomization = await client.get<KubeObject>({
    apiVersion: `${KUSTOMIZATION}/v1`,
    kind: 'Kustomization',
    namespace,
    name,
  })
  const source = kustomization?.spec.sourceRef
  const repository =
    source &&
    (await client.get<KubeObject>({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: source.kind,
      namespace: source.namespace ?? namespace,
      name: source.name,
    }))
  const artifact = repository?.status?.artifact
  const newest = commitOf(artifact?.revision)
  const file = annotations?.[SOURCE]?.replace(/:\d+$/, '')
  const change = file ? await lastChange(repository?.spec.url ?? '', newest, file) : undefined
  const commit = change?.commit ?? newest
  const hosted = (await listOrNone(client, { apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository' })) as Repository[]
  const pushed = hosted.flatMap(({ status }) => status?.refs ?? []).find((ref) => ref.commit === commit)
  const subject = [change?.subject && `"${change.subject}"`, file, pushed && `pushed by ${pushed.pushedBy}`]
  const manifests = hop(
    'manifests',
    `${nameOfUrl(repository?.spec.url)}@${commit.slice(0, 8)}`,
    subject.filter(Boolean).join(', '),
    pushed?.pushedAt ?? change?.time,
  )
  if (commit !== newest) return [manifests]
  const { lastAppliedRevision, lastAppliedTime } = kustomization?.status ?? {}
  return [
    manifests,
    hop('source', source.name, artifact?.revision ?? '', artifact?.lastUpdateTime),
    ...(commitOf(lastAppliedRevision) === commit
      ? [hop('applied', `Kustomization/${name}`, lastAppliedRevision, lastAppliedTime)]
      : []),
  ]
}

/** `master@sha1:<commit>` */
const commitOf = (revision: string | undefined): string => revision?.split('sha1:')[1] ?? ''

const nameOfUrl = (url: string | undefined): string =>
  url
    ?.split(/[/:]/)
    .at(-1)
    ?.replace(/\.git$/, '') ?? ''

async function releaseHops(client: KubeClient, workload: KubeObject, helmRelease: KubeObject): Promise<Hop[]> {
  const name = workload.metadata.annotations?.[RELEASE_NAME]
  const namespace = workload.metadata.namespace ?? 'default'
  const secrets = await listOrNone(client, {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace,
    labelSelector: `owner=helm,name=${name},status=deployed`,
  })
  const newest = secrets.sort((a, b) => revisionOf(b) - revisionOf(a))[0]
  if (!newest) return []
  const at = newest.metadata.annotations?.['slipway.dev/deployed-at']
  return [hop('release', `${name}`, `revision ${revisionOf(newest)}, chart ${helmRelease.status?.revision}`, at)]
}

const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.labels?.version ?? 0)

async function podHops(client: KubeClient, workload: KubeObject): Promise<Hop[]> {
  const labels = Object.entries((workload.spec?.selector?.matchLabels ?? {}) as Record<string, string>)
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',')
  if (!labelSelector) return []
  const pods = await listOrNone(client, {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: workload.metadata.namespace ?? 'default',
    labelSelector,
  })
  return pods.map((pod) => {
    const ready = pod.status?.conditions?.find((c: { type: string }) => c.type === 'Ready')
    const isReady = ready?.status === 'True'
    const simulated = pod.metadata.annotations?.['slipway.dev/simulated'] === 'true' ? ', simulated' : ''
    const readyAt = pod.metadata.annotations?.['slipway.dev/ready-at'] ?? ready?.lastTransitionTime
    return hop(
      'pod',
      pod.metadata.name,
      `${pod.status?.phase ?? 'Pending'}${isReady ? ', ready' : ''}${simulated}`,
      isReady ? readyAt : undefined,
    )
  })
}

/** The items of a list; none when the server does not have the kind, as on a cluster where that part runs elsewhere. */
async function listOrNone(client: KubeClient, query: ListQuery): Promise<KubeObject[]> {
  const kinds = await client.resources()
  if (!kinds.some(({ apiVersion, kind }) => apiVersion === query.apiVersion && kind === query.kind)) return []
  return (await client.list<KubeObject>(query)).items
}

const podSpecOf = ({ spec }: KubeObject): { containers: { image: string }[] } =>
  spec?.template?.spec ?? spec ?? { containers: [] }

function hop(what: string, name: string, detail: string, at: string | undefined): Hop {
  return { what, name, detail, ...(at && { at: Date.parse(at) }) }
}

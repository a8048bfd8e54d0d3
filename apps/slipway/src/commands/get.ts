import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { type GlobalOptions, withServer } from '../connect.ts'
import { formatAge, formatTable } from '../table.ts'
import { RUN_HEADS, runRow } from './runs-list.ts'

/** One part of the overview: a title, the kinds it shows, and a row for each object. */
interface Section {
  title: string
  kinds: { apiVersion: string; kind: string }[]
  heads: string[]
  row: (object: KubeObject) => string[]
}

const condition = (object: KubeObject, type: string): { status: string; message: string } | undefined =>
  object.status?.conditions?.find((c: { type: string }) => c.type === type)

const SECTIONS: Record<string, Section> = {
  repos: {
    title: 'repositories',
    kinds: [{ apiVersion: 'slipway.dev/v1alpha1', kind: 'Repository' }],
    heads: ['name', 'branch', 'commit', 'pushed', 'http', 'ssh'],
    row: ({ spec, status }) => {
      const head = status?.refs?.[0]
      return [
        spec.repositoryName,
        head?.name.replace('refs/heads/', '') ?? '',
        head?.commit.slice(0, 8) ?? '',
        head ? formatAge(head.pushedAt) : '',
        status?.httpUrl ?? '',
        status?.sshUrl ?? '',
      ]
    },
  },
  runs: {
    title: 'pipeline runs',
    kinds: [{ apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun' }],
    heads: RUN_HEADS,
    row: runRow,
  },
  sources: {
    title: 'sources',
    kinds: [
      { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' },
      { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
    ],
    heads: ['kind', 'name', 'ready', 'revision', 'message'],
    row: (object) => [
      object.kind,
      object.metadata.name,
      condition(object, 'Ready')?.status ?? 'Unknown',
      shortRevision(object.status?.artifact?.revision ?? object.status?.lastAppliedRevision),
      condition(object, 'Ready')?.message ?? '',
    ],
  },
  releases: {
    title: 'releases',
    kinds: [{ apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease' }],
    heads: ['namespace', 'name', 'release', 'chart', 'revision', 'phase', 'message'],
    row: (object) => [
      object.metadata.namespace ?? '',
      object.metadata.name,
      object.status?.releaseName ?? '',
      object.spec.chart?.name ?? object.spec.chart?.path ?? '',
      object.status?.revision ?? '',
      object.status?.phase ?? '',
      condition(object, 'Released')?.message ?? '',
    ],
  },
  workloads: {
    title: 'workloads',
    kinds: [
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      { apiVersion: 'v1', kind: 'Pod' },
      { apiVersion: 'v1', kind: 'Service' },
    ],
    heads: ['kind', 'namespace', 'name', 'status', 'image', 'address'],
    row: (object) => [
      object.kind,
      object.metadata.namespace ?? '',
      object.metadata.name,
      workloadStatus(object),
      (object.spec?.template?.spec ?? object.spec)?.containers?.[0]?.image ?? '',
      condition(object, 'slipway.dev/LocalAddress')?.message ?? '',
    ],
  },
}

/** Prints an overview of what there is, one table a section; nothing of a section that is empty. */
export async function run(options: GlobalOptions, what: string): Promise<void> {
  const names = what === 'all' ? Object.keys(SECTIONS) : [what]
  await withServer(options, async ({ client }) => {
    for (const name of names) {
      const section = SECTIONS[name]
      if (!section) {
        throw new UserError('NO_SUCH_SECTION', `slipway get does not know "${what}"`, {
          hint: `choose one of: all, ${Object.keys(SECTIONS).join(', ')}; kubectl get shows everything else`,
        })
      }
      await print(client, section)
    }
  })
}

async function print(client: KubeClient, { title, kinds, heads, row }: Section): Promise<void> {
  const lists = await Promise.all(kinds.map((kind) => client.list<KubeObject>(kind)))
  const rows = lists.flatMap(({ items }) => items.map(row))
  if (rows.length > 0) console.log(`${title}\n${formatTable(heads, rows)}\n`)
}

/** `master@sha1:0123…` with the commit cut to eight digits. */
export function shortRevision(revision: string | undefined): string {
  return revision?.replace(/(sha1:[0-9a-f]{8})[0-9a-f]+/, '$1') ?? ''
}

function workloadStatus(object: KubeObject): string {
  const simulated = object.metadata.annotations?.['slipway.dev/simulated'] === 'true' ? ' (simulated)' : ''
  if (object.kind === 'Deployment') return `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 1} ready`
  if (object.kind === 'Pod') {
    const waiting = object.status?.containerStatuses?.find((c: KubeObject) => c.state?.waiting)?.state.waiting.reason
    return (waiting ?? object.status?.phase ?? 'Pending') + simulated
  }
  return object.spec?.type ?? ''
}

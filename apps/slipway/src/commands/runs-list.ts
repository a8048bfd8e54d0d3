import type { KubeObject } from '@slipway/kube-objects'
import { type GlobalOptions, withServer } from '../connect.ts'
import { formatAge, formatDuration, formatTable } from '../table.ts'

/** Lists pipeline runs, newest first. */
export async function run(options: GlobalOptions): Promise<void> {
  await withServer(options, async ({ client }) => {
    const { items } = await client.list<KubeObject>({ apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun' })
    if (items.length === 0) return console.log('No runs found.')
    const rows = items.sort((a, b) => b.spec.buildId - a.spec.buildId).map(runRow)
    console.log(formatTable(RUN_HEADS, rows))
  })
}

export const RUN_HEADS = ['name', 'commit', 'reason', 'phase', 'took', 'age']

export function runRow({ metadata, spec, status = {} }: KubeObject): string[] {
  const end = status.finishTime ? Date.parse(status.finishTime) : Date.now()
  return [
    metadata.name,
    String(spec.commit).slice(0, 8),
    spec.reason,
    status.phase ?? 'Queued',
    status.startTime ? formatDuration(end - Date.parse(status.startTime)) : '',
    formatAge(metadata.creationTimestamp),
  ]
}

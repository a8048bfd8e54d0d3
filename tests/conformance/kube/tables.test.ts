import { expect, it } from 'vitest'
import { call, useCluster } from './cluster.ts'
import { KINDS, type Kind } from './kinds.ts'
import { isRecording, readRecorded, writeRecorded } from './recorded.ts'

const FILE = 'tables.json'
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
/** Columns that tell of the time, of the cluster, or of what only a controller writes. */
const OWN = [
  'Age',
  'Created At',
  'Last Seen',
  'First Seen',
  'Last Schedule',
  'Cluster-IP',
  'Class',
  'MissingPL',
  'Status',
  'Request',
]
/** Of its own for each run: some objects stay until a controller lets them go. */
const suffix = Math.random().toString(36).slice(2, 8)

const place = useCluster()

interface Shown {
  kind: string
  cells: Record<string, unknown>
}

it('shows a new object of each type in the columns and cells of a real API server', async () => {
  const shown: Shown[] = []
  for (const kind of KINDS) shown.push({ kind: kind.name, cells: await cellsOf(kind) })
  if (isRecording) writeRecorded(FILE, shown)

  expect(shown).toEqual(readRecorded<Shown>(FILE))
})

async function cellsOf({ group, plural, namespaced, content, objectName }: Kind): Promise<Shown['cells']> {
  const path = `${group}${namespaced ? `/namespaces/${place.namespace}` : ''}/${plural}`
  const name = objectName?.(suffix) ?? `shown-${suffix}`
  const body = { metadata: { name }, ...(typeof content === 'function' ? content(place.namespace) : content) }
  const made = await call('POST', path, { body })
  expect(made.status).toBe(201)
  const { body: table } = await call('GET', `${path}/${name}`, { accept: TABLE })
  await call('DELETE', `${path}/${name}`)
  const columns = table.columnDefinitions as { name: string }[]
  const cells = columns.map(({ name: column }, index) => [
    column,
    textOf(table.rows[0].cells[index], made.body.metadata),
  ])
  return Object.fromEntries(cells.filter(([column]) => !OWN.includes(column as string)))
}

/** A cell that is the same in every run: a Job's selector names its uid. */
function textOf(cell: unknown, { name, uid }: { name: string; uid: string }): unknown {
  if (typeof cell !== 'string') return cell
  return cell.replaceAll(uid, 'UID').replaceAll(name, 'NAME').replaceAll(place.namespace, 'NAMESPACE')
}

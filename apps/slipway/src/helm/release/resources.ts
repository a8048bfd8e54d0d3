import { parseDocuments } from '@slipway/go-yaml'
import type { Release } from '@slipway/helm-chart'
import { isApiError, type KubeClient, type ListQuery, type Table } from '@slipway/kube-client'
import { flattenList, isKubeObject, type KubeObject } from '@slipway/kube-objects'

/** The objects of a release that the cluster has, by `v1/Kind`; pods of a workload are under `v1/Pod(related)`. */
export interface ResourceGroup {
  readonly title: string
  readonly queries: readonly Query[]
}

type Query = ListQuery & { readonly name?: string }

/** What a release consists of now, in the order of its manifest. */
export async function resourceGroups(client: KubeClient, release: Release): Promise<ResourceGroup[]> {
  const groups = new Map<string, Query[]>()
  const add = (title: string, query: Query): unknown => groups.set(title, [...(groups.get(title) ?? []), query])
  for (const { apiVersion, kind, metadata, spec } of manifestObjects(release)) {
    const namespaced = (await client.findResource({ apiVersion, kind }))?.namespaced
    if (namespaced === undefined) continue
    const namespace = metadata.namespace ?? release.namespace
    // Helm leaves out the API group here.
    add(`${apiVersion.split('/').at(-1)}/${kind}`, {
      apiVersion,
      kind,
      name: metadata.name,
      ...(namespaced && { namespace }),
    })
    const labels = Object.entries((spec?.selector?.matchLabels ?? {}) as Record<string, string>)
    if (labels.length === 0) continue
    const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',')
    add('v1/Pod(related)', { apiVersion: 'v1', kind: 'Pod', namespace, labelSelector })
  }
  return [...groups].map(([title, queries]) => ({ title, queries }))
}

function manifestObjects({ manifest = '' }: Release): KubeObject[] {
  return parseDocuments(manifest).flatMap(({ value }) => (isKubeObject(value) ? flattenList(value) : []))
}

/** The groups as `helm status` prints them, in kubectl's tables. */
export async function resourcesText(client: KubeClient, groups: readonly ResourceGroup[]): Promise<string> {
  let text = ''
  for (const { title, queries } of groups) {
    const tables = (await Promise.all(queries.map((query) => readTable(client, query)))).filter(
      (table): table is Table => table !== undefined,
    )
    if (tables.some(({ rows }) => rows.length > 0)) text += `==> ${title}\n${kubectlTable(tables)}\n`
  }
  return text === '' ? '' : `RESOURCES:\n${text}\n`
}

async function readTable(client: KubeClient, query: Query): Promise<Table | undefined> {
  try {
    return await client.table(query)
  } catch (error) {
    if (isApiError(error, 'KUBE_NOT_FOUND')) return undefined
    throw error
  }
}

/** Columns of a kind with three spaces between them, as kubectl's tab writer sets them. */
function kubectlTable(tables: readonly Table[]): string {
  const columns = (tables[0]?.columnDefinitions ?? []).flatMap(({ name, priority }, index) =>
    priority === 0 ? [{ name: name.toUpperCase(), index }] : [],
  )
  const rows = tables.flatMap((table) =>
    table.rows.map(({ cells }) => columns.map(({ index }) => String(cells[index]))),
  )
  const all = [columns.map(({ name }) => name), ...rows]
  const widths = columns.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const isLast = (column: number): boolean => column === columns.length - 1
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (isLast(column) ? cell : cell.padEnd(Math.max(3, widths[column] ?? 0) + 3))).join('')
  return all.map((row) => `${line(row)}\n`).join('')
}

/** The groups as JSON has them: whole objects, under titles in their order. */
export async function resourcesJson(
  client: KubeClient,
  groups: readonly ResourceGroup[],
): Promise<Record<string, KubeObject[]>> {
  const found: Record<string, KubeObject[]> = {}
  for (const { title, queries } of [...groups].sort((a, b) => (a.title < b.title ? -1 : 1))) {
    const objects = await Promise.all(
      queries.map(async ({ name, ...query }) =>
        name === undefined
          ? (await client.list<KubeObject>(query)).items
          : [await client.get<KubeObject>({ ...query, name })],
      ),
    )
    found[title] = objects.flat().filter((object): object is KubeObject => object !== undefined)
  }
  return found
}

import type { KubeObject } from '@slipway/kube-objects'
import { loadTable } from '../generated-tables.ts'
import { apiVersionOf, type Resource, resourceKey } from '../registry/resource.ts'
import { type Cell, cellsByResource } from './cells.ts'
import { customCells } from './custom-cells.ts'
import { age } from './duration.ts'

/** metav1.TableColumnDefinition. */
export interface Column {
  name: string
  type: string
  format: string
  description?: string
  priority: number
}

/** metav1.Table. */
export interface Table {
  kind: 'Table'
  apiVersion: 'meta.k8s.io/v1'
  metadata: Record<string, unknown>
  columnDefinitions: Column[] | null
  rows: { cells: Cell[]; object?: unknown }[]
}

/** The objects as rows, with the columns of Kubernetes' own printers or those of a CustomResourceDefinition. */
export async function tableOf(
  resource: Resource,
  objects: Readonly<KubeObject>[],
  options: { includeObject: string; now: number },
): Promise<Table> {
  const columns = await columnsOf(resource)
  const cells = cellsOf(resource, columns, options.now)
  const only = objects.length === 1 ? objects[0] : undefined
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: only?.metadata.resourceVersion ? { resourceVersion: only.metadata.resourceVersion } : {},
    columnDefinitions: columns,
    rows: objects.map((object) => ({ cells: cells(object), ...included(object, options.includeObject) })),
  }
}

async function columnsOf(resource: Resource): Promise<Column[]> {
  if (resource.custom) return customColumns(resource)
  const table = await loadTable<Record<string, Column[]>>('tableColumns')
  const root = resource.group ? '/apis' : '/api'
  return table[`${root}/${apiVersionOf(resource)}/${resource.plural}`] ?? GENERIC
}

const NAME: Column = { name: 'Name', type: 'string', format: 'name', priority: 0 }
const AGE: Column = { name: 'Age', type: 'date', format: '', priority: 0 }
const GENERIC: Column[] = [NAME, { ...AGE, name: 'Created At' }]

function customColumns({ custom }: Resource): Column[] {
  const own = custom?.columns ?? []
  if (own.length === 0) return [NAME, AGE]
  return [
    NAME,
    ...own.map(({ name, type, format = '', priority = 0, description }) => ({
      name,
      type,
      format,
      priority,
      ...(description && { description }),
    })),
  ]
}

function cellsOf(resource: Resource, columns: Column[], now: number): (object: Readonly<KubeObject>) => Cell[] {
  if (resource.custom) return (object) => customCells(object, resource.custom?.columns ?? [], now)
  const own = cellsByResource[resourceKey(resource)]
  return (object) => {
    const given = own?.(object, now) ?? {}
    return columns.map(({ name }) => given[name] ?? genericCell(object, name, now))
  }
}

function genericCell(object: Readonly<KubeObject>, column: string, now: number): Cell {
  if (column === 'Name') return object.metadata.name
  if (column === 'Age') return age(object.metadata.creationTimestamp, now)
  if (column === 'Created At') return object.metadata.creationTimestamp ?? '<unknown>'
  return '<none>'
}

function included(object: Readonly<KubeObject>, include: string): { object?: unknown } {
  if (include === 'None') return {}
  if (include === 'Object') return { object }
  return { object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata } }
}

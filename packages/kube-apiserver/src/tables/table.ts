import type { KubeObject } from '@slipway/kube-objects'
import { isJsonPath } from '@slipway/kube-objects'
import type { MetaVersion } from '../api/media-types.ts'
import { loadTable } from '../generated-tables.ts'
import {
  apiVersionOf,
  type CustomVersion,
  type PrinterColumn,
  type Resource,
  resourceKey,
} from '../registry/resource.ts'
import { type Cell, cellsByResource } from './cells.ts'
import { customCells } from './custom-cells.ts'
import { age } from './duration.ts'

/** metav1.TableColumnDefinition. */
export interface Column {
  name: string
  type: string
  format: string
  description: string
  priority: number
}

/** metav1.Table. */
export interface Table {
  kind: 'Table'
  apiVersion: MetaVersion
  metadata: Record<string, unknown>
  columnDefinitions: Column[] | null
  rows: { cells: Cell[]; object?: unknown }[]
}

export interface TableOptions {
  apiVersion: MetaVersion
  /** `None`, `Metadata` or `Object`. */
  includeObject: string
  now: number
}

/** The objects as rows, with the columns of Kubernetes' own printers or those of a CustomResourceDefinition. */
export async function tableOf(
  resource: Resource,
  objects: Readonly<KubeObject>[],
  { apiVersion, includeObject, now }: TableOptions,
): Promise<Table> {
  const columns = await columnsOf(resource)
  const cells = cellsOf(resource, columns, now)
  const only = objects.length === 1 ? objects[0] : undefined
  return {
    kind: 'Table',
    apiVersion,
    metadata: only?.metadata.resourceVersion ? { resourceVersion: only.metadata.resourceVersion } : {},
    columnDefinitions: columns,
    rows: printed(resource, objects).map((object) => ({
      cells: cells(object),
      ...included(object, includeObject, apiVersion),
    })),
  }
}

/** FlowSchemas are listed as requests are matched with them (printFlowSchemaList). */
function printed(resource: Resource, objects: Readonly<KubeObject>[]): Readonly<KubeObject>[] {
  if (resourceKey(resource) !== 'flowcontrol.apiserver.k8s.io/flowschemas') return objects
  const precedence = ({ spec }: Readonly<KubeObject>): number => spec?.matchingPrecedence ?? 0
  return objects.toSorted((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

async function columnsOf(resource: Resource): Promise<Column[]> {
  if (resource.custom) return customColumns(resource.custom)
  const table = await loadTable<Record<string, Column[]>>('tableColumns')
  const root = resource.group ? '/apis' : '/api'
  const path = `${root}/${apiVersionOf(resource)}/${resource.plural}`
  return table[path] ?? SUBRESOURCES[path] ?? GENERIC
}

/** What Kubernetes' types say of themselves. */
const OF_NAME =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
const OF_AGE =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'
const NAME: Column = { name: 'Name', type: 'string', format: 'name', description: OF_NAME, priority: 0 }
const AGE: Column = { name: 'Age', type: 'date', format: '', description: OF_AGE, priority: 0 }
const AGE_ONLY: PrinterColumn[] = [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }]
/** Of kinds that are never listed, only read as a part of others. */
const SUBRESOURCES: Record<string, Column[]> = {
  '/apis/autoscaling/v1/scales': [
    { ...NAME, format: '' },
    {
      ...{ name: 'Desired', type: 'integer', format: '', priority: 0 },
      description: 'replicas is the desired number of instances for the scaled object.',
    },
    {
      ...{ name: 'Available', type: 'integer', format: '', priority: 0 },
      description: 'replicas is the actual number of observed instances of the scaled object.',
    },
    { ...AGE, type: 'string' },
  ],
}
const GENERIC: Column[] = [NAME, { ...AGE, name: 'Created At' }]

/** The columns that a definition names, after the name. */
function customColumns({ columns }: CustomVersion): Column[] {
  if (columns.length === 0) return [NAME, AGE]
  return [
    NAME,
    ...printable(columns).map(({ name, type, format = '', priority = 0, description, jsonPath }) => ({
      name,
      type,
      format,
      description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      priority,
    })),
  ]
}

/** A path that cannot be read ends the columns, which is where Kubernetes stops to read them. */
function printable(columns: PrinterColumn[]): PrinterColumn[] {
  const bad = columns.findIndex(({ jsonPath }) => !isJsonPath(jsonPath))
  return bad < 0 ? columns : columns.slice(0, bad)
}

function cellsOf(resource: Resource, columns: Column[], now: number): (object: Readonly<KubeObject>) => Cell[] {
  const { custom } = resource
  if (custom) {
    const shown = custom.columns.length === 0 ? AGE_ONLY : printable(custom.columns)
    return (object) => customCells(object, shown, now)
  }
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

function included(object: Readonly<KubeObject>, include: string, apiVersion: MetaVersion): { object?: unknown } {
  if (include === 'None') return {}
  if (include === 'Object') return { object }
  return { object: { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata } }
}

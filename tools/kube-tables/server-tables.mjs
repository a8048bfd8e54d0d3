// packages/kube-apiserver/src/generated: what a real API server answers about itself, as it stands.
import { writePackedTable } from './packed-table.mjs'
import { readTable } from './read-table.mjs'

const TABLES = [
  'discovery-aggregated',
  'openapi-v2',
  'openapi-v3-paths',
  'openapi-v3-schemas',
  'rbac-bootstrap',
  'table-columns',
]

export function writeServerTables(folder) {
  for (const table of TABLES) writePackedTable(table, readTable(folder, table))
}

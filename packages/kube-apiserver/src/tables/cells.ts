import type { KubeObject } from '@slipway/kube-objects'
import { clusterCells } from './cluster-cells.ts'
import { networkCells } from './network-cells.ts'
import { podCells } from './pod-cells.ts'
import { policyCells } from './policy-cells.ts'
import { storageCells } from './storage-cells.ts'
import { workloadCells } from './workload-cells.ts'

export type Cell = string | number | boolean | null

/** Cells of an object by column name; columns that are left out get name, age or `<none>`. */
export type CellMaker = (object: Readonly<KubeObject>, now: number) => Record<string, Cell>

/** How Kubernetes' own printers show each type (kubernetes/pkg/printers/internalversion). */
export const cellsByResource: Record<string, CellMaker> = {
  '/pods': podCells,
  ...workloadCells,
  ...networkCells,
  ...clusterCells,
  ...storageCells,
  ...policyCells,
}

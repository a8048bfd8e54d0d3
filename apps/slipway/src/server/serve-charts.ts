import type { MessagePort } from 'node:worker_threads'
import { chartWorker, serveThread } from '@slipway/helm-controller'
import { nodePlatform } from '../helm/node-platform.ts'

/** Reads and renders the charts that come through a port. */
export function serveCharts(port: MessagePort): void {
  serveThread(port, chartWorker(nodePlatform))
}

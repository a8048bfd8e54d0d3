import { type MessagePort, parentPort } from 'node:worker_threads'
import { serveCharts } from './server/serve-charts.ts'

/** What each thread runs that reads and renders charts for the server. */
serveCharts(parentPort as MessagePort)

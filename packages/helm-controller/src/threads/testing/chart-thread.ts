import { randomBytes } from 'node:crypto'
import { type MessagePort, parentPort } from 'node:worker_threads'
import { gunzipSync, gzipSync } from 'node:zlib'
import { chartWorker } from '../chart-work.ts'
import { serveThread } from '../serve-thread.ts'

/** A thread that reads and renders charts with what the tests' charts need of a platform. */
serveThread(
  parentPort as MessagePort,
  chartWorker({
    gzip: (data) => gzipSync(data),
    gunzip: (data, maxOutputLength) => gunzipSync(data, { maxOutputLength }),
    digest: () => new Uint8Array(32),
    randomBytes,
    now: () => new Date('2026-01-01T00:00:00Z'),
    timeZone: 'UTC',
  }),
)

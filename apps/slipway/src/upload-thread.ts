import { type MessagePort, parentPort } from 'node:worker_threads'
import { serveUploads } from '@slipway/storage'

/** What the thread runs that writes large uploads for the registry. */
serveUploads(parentPort as MessagePort)

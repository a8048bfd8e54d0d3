import { createHash, randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Platform } from '@slipway/helm-chart'

/** What charts need, from Node: real time, real randomness. */
export const nodePlatform: Platform = {
  gzip: (data) => gzipSync(data, { level: 9 }),
  gunzip: (data, maxLength) => gunzipSync(data, { maxOutputLength: maxLength }),
  digest: (algorithm, data) => createHash(algorithm).update(data).digest(),
  randomBytes: (length) => randomBytes(length),
  now: () => new Date(),
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
}

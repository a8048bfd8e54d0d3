import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Platform } from '../platform.ts'

/** A platform whose clock stands still and whose randomness counts up, so that renders repeat. */
export function testPlatform(overrides: Partial<Platform> = {}): Platform {
  let counter = 0
  return {
    gzip: (data) => gzipSync(data),
    gunzip: (data, maxLength) => gunzipSync(data, { maxOutputLength: maxLength }),
    digest: (algorithm, data) => createHash(algorithm).update(data).digest(),
    randomBytes: (length) => Uint8Array.from({ length }, () => counter++ % 256),
    now: () => new Date('2026-03-04T05:06:07.089Z'),
    timeZone: 'UTC',
    ...overrides,
  }
}

import type { ScrubReport } from './scrubber.ts'
import type { SpoiltBlob } from './spoilt-blobs.ts'

/** What a pass found, for people. */
export function scrubWords({ blobs, bytes, spoilt, missing }: ScrubReport): string {
  const read = `read ${blobs} blobs (${bytes} bytes)`
  if (spoilt.length === 0 && missing.length === 0) return `${read}, all as they were pushed`
  const gone = missing.map(({ digest, repositories }) => `${digest} of ${repositories.join(', ')}`)
  return `${read}, ${spoilt.length} spoilt; push again: ${gone.join('; ')}`
}

/** What became of a blob, for people. */
export function spoiltWords({ digest, repositories }: SpoiltBlob): string {
  return `${digest} of ${repositories.join(', ') || 'no repository'} was spoilt on the disk and set aside: push it again`
}

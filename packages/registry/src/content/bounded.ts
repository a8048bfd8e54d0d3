import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../refusal.ts'

/**
 * The body of a request, which fails with the refusal instead of going past so many bytes. One that says beforehand that it is
 * larger is not read at all.
 */
export function boundedBody(
  request: IncomingMessage,
  limit: number,
  refusal: () => Refusal,
): AsyncIterable<Uint8Array> {
  const length = request.headers['content-length']
  if (Number(length) > limit) throw refusal()
  // Left open when it is not read to its end: the client is to get an answer.
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
  return length === undefined ? counted(pieces, limit, refusal) : pieces
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  limit: number,
  refusal: () => Refusal,
): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > limit) throw refusal()
    yield piece
  }
}

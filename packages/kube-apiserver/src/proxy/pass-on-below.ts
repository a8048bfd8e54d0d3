import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { deflateRaw, gunzip, gzip, inflateRaw } from 'node:zlib'
import { passOn } from './forward.ts'
import { rewriteLinks } from './html-links.ts'

/** What a page of a server behind us may not allow in our name. */
const CROSS_ORIGIN = ['credentials', 'headers', 'methods', 'origin'].map((part) => `access-control-allow-${part}`)

/** Bytes of a page, packed or not. What is larger keeps its links: it would only fill our memory. */
const LARGEST = 16 * 1024 * 1024

interface Coding {
  read(bytes: Buffer): Promise<Buffer>
  write(bytes: Buffer): Promise<Buffer>
}

const bounded = { maxOutputLength: LARGEST }
const CODINGS: Record<string, Coding> = {
  '': { read: async (bytes) => bytes, write: async (bytes) => bytes },
  gzip: { read: (bytes) => promisify(gunzip)(bytes, bounded), write: promisify<Buffer, Buffer>(gzip) },
  deflate: { read: (bytes) => promisify(inflateRaw)(bytes, bounded), write: promisify<Buffer, Buffer>(deflateRaw) },
}

/**
 * Gives an answer of a server whose paths are below one of ours: what its redirect and the links of its page lead to is
 * changed by `rewrite` (apimachinery's proxy.Transport).
 */
export async function passOnBelow(
  answer: IncomingMessage,
  response: ServerResponse,
  rewrite: (link: string) => string,
): Promise<void> {
  const { location, 'content-type': type = '', 'content-encoding': encoding = '' } = answer.headers
  const coding = location === undefined && /^\s*text\/html\s*(;|$)/.test(type) ? CODINGS[encoding] : undefined
  const body = coding && Readable.from(await changed(answer, coding, rewrite))
  const change = (headers: Record<string, string | string[]>) => {
    for (const name of CROSS_ORIGIN) delete headers[name]
    if (location !== undefined) headers.location = rewrite(location)
    if (body) delete headers['content-length']
  }
  await passOn(answer, response, change, body)
}

/** The pieces of the page with its links changed, or as they were where it can't be read. */
async function changed(
  answer: IncomingMessage,
  { read, write }: Coding,
  rewrite: (link: string) => string,
): Promise<Iterable<Buffer> | AsyncIterable<Buffer>> {
  const pieces: Buffer[] = []
  let size = 0
  const rest = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (;;) {
    const { done, value } = await rest.next()
    if (done) break
    pieces.push(value)
    size += value.length
    if (size > LARGEST) return both(pieces, { [Symbol.asyncIterator]: () => rest })
  }
  // The answer to a HEAD has none.
  if (size === 0) return []
  try {
    return [await write(Buffer.from(rewriteLinks((await read(Buffer.concat(pieces))).toString(), rewrite)))]
  } catch {
    return pieces
  }
}

async function* both(first: Iterable<Buffer>, second: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield* first
  yield* second
}

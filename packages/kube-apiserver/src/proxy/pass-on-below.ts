import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { deflateRaw, gunzip, gzip, inflateRaw } from 'node:zlib'
import { passOn } from './forward.ts'
import { rewriteLinks } from './html-links.ts'

/** What a page of a server behind us may not allow in our name. */
const CROSS_ORIGIN = ['credentials', 'headers', 'methods', 'origin'].map((part) => `access-control-allow-${part}`)

type Coding = (bytes: Buffer) => Promise<Buffer>
const plain: Coding = async (bytes) => bytes
const CODINGS: Record<string, { read: Coding; write: Coding }> = {
  '': { read: plain, write: plain },
  gzip: { read: promisify<Buffer, Buffer>(gunzip), write: promisify<Buffer, Buffer>(gzip) },
  deflate: { read: promisify<Buffer, Buffer>(inflateRaw), write: promisify<Buffer, Buffer>(deflateRaw) },
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
  const body = coding && Readable.from([await changed(answer, coding, rewrite)])
  const change = (headers: Record<string, string | string[]>) => {
    for (const name of CROSS_ORIGIN) delete headers[name]
    if (location !== undefined) headers.location = rewrite(location)
    if (body) delete headers['content-length']
  }
  await passOn(answer, response, change, body)
}

async function changed(
  answer: IncomingMessage,
  { read, write }: { read: Coding; write: Coding },
  rewrite: (link: string) => string,
): Promise<Buffer> {
  const bytes = await buffer(answer)
  // The answer to a HEAD has none.
  if (bytes.length === 0) return bytes
  return await write(Buffer.from(rewriteLinks((await read(bytes)).toString(), rewrite)))
}

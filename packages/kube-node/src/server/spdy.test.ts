import { Duplex } from 'node:stream'
import { constants, createDeflate } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { SpdySession, type SpdyStream } from './spdy.ts'
import { SPDY_DICTIONARY } from './spdy-dictionary.ts'

const SYN_STREAM = 1

/** A connection to which a client can write, and what is done with it. */
function connection(): { duplex: Duplex; done: string[] } {
  const done: string[] = []
  const duplex = new Duplex({ read: () => {}, write: (_chunk, _encoding, next) => next() })
  const { pause, resume } = duplex
  duplex.pause = () => {
    done.push('pause')
    return pause.call(duplex)
  }
  duplex.resume = () => {
    done.push('resume')
    return resume.call(duplex)
  }
  return { duplex, done }
}

function framed(head: number[], body: Buffer): Buffer {
  const frame = Buffer.alloc(8)
  frame.set(head)
  frame.writeUIntBE(body.length, 5, 3)
  return Buffer.concat([frame, body])
}

async function opening(id: number): Promise<Buffer> {
  const deflate = createDeflate({ dictionary: SPDY_DICTIONARY, flush: constants.Z_SYNC_FLUSH })
  deflate.write(Buffer.alloc(4))
  const headers = await new Promise<Buffer>((resolve) => deflate.once('data', resolve))
  const start = Buffer.alloc(10)
  start.writeUInt32BE(id, 0)
  return framed([0x80, 3, 0, SYN_STREAM], Buffer.concat([start, headers]))
}

const data = (id: number, bytes: number): Buffer => framed([0, 0, 0, id], Buffer.alloc(bytes))

describe('SpdySession', () => {
  /** A session with one stream. */
  async function opened(): Promise<{ duplex: Duplex; done: string[]; stream: SpdyStream }> {
    const { duplex, done } = connection()
    const first = new Promise<SpdyStream>((resolve) => new SpdySession(duplex, resolve))
    done.length = 0
    duplex.push(await opening(1))
    return { duplex, done, stream: await first }
  }
  const settled = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))

  it('has a client wait while a stream is not read from fast enough', async () => {
    const { duplex, done, stream } = await opened()
    for (let sent = 0; sent < 4; sent++) {
      duplex.push(data(1, 900_000))
      await settled()
    }
    expect(done).toContain('pause')
    expect(stream.readableLength).toBe(2 * 900_000)

    done.length = 0
    let received = 0
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    await settled()
    await settled()
    expect(done).toContain('resume')
    expect(received).toBe(4 * 900_000)
  })

  it('goes on when the stream is over that nobody reads from', async () => {
    const { duplex, done, stream } = await opened()
    for (let sent = 0; sent < 3; sent++) duplex.push(data(1, 900_000))
    await settled()
    done.length = 0
    stream.destroy()
    await settled()

    expect(done).toEqual(['resume'])
  })
})

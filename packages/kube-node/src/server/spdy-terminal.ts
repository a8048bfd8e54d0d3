import type { Duplex } from 'node:stream'
import { type ProcessOptions, parseResize, type RemoteTerminal } from './remote-process.ts'
import { SpdySession, type SpdyStream } from './spdy.ts'

/** How long a client may take to open its streams, in milliseconds (kubelet: remotecommand, 30 s). */
const OPEN_TIMEOUT = 30_000

/** exec and attach over SPDY/3.1: one stream each for stdin, stdout, stderr, error and resize, as its header says. */
export function spdyTerminal(connection: Duplex, options: ProcessOptions): Promise<RemoteTerminal> {
  const expected = ['error', ...(options.stdin ? ['stdin'] : []), ...(options.stdout ? ['stdout'] : [])]
  if (options.stderr && !options.tty) expected.push('stderr')
  if (options.tty) expected.push('resize')
  return new Promise((resolve, reject) => {
    const streams = new Map<string, SpdyStream>()
    const timer = setTimeout(() => {
      connection.destroy()
      reject(new Error('the client did not open its streams'))
    }, OPEN_TIMEOUT)
    connection.on('close', () => clearTimeout(timer))
    const session = new SpdySession(connection, (stream) => {
      streams.set(stream.headers.streamtype ?? '', stream)
      if (!expected.every((name) => streams.has(name))) return
      clearTimeout(timer)
      resolve(terminalOf(session, connection, streams))
    })
  })
}

function terminalOf(session: SpdySession, connection: Duplex, streams: Map<string, SpdyStream>): RemoteTerminal {
  const [stdin, stdout, stderr] = ['stdin', 'stdout', 'stderr'].map((name) => streams.get(name))
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    onResize: (listener) => {
      streams.get('resize')?.on('data', (data: Buffer) => {
        const size = parseResize(data.toString('utf8'))
        if (size) listener(size)
      })
    },
    onGone: (listener) => connection.on('close', listener),
    finish: (status) => {
      const error = streams.get('error')
      stdout?.end()
      stderr?.end()
      error?.end(JSON.stringify(status), () => session.close())
    },
  }
}

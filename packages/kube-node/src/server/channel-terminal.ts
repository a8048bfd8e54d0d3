import { PassThrough, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import { CLOSE, framingOf } from './channel-framing.ts'
import { type ProcessOptions, parseResize, type RemoteTerminal } from './remote-process.ts'

/** Versions of the protocol, newest first. */
export const CHANNEL_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
]

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const RESIZE = 4

/** exec and attach over a WebSocket: the first byte of each message is its channel. */
export function channelTerminal(socket: WebSocket, options: ProcessOptions): RemoteTerminal {
  const stdin = new PassThrough()
  const resizes: ((size: { rows: number; columns: number }) => void)[] = []
  const { read, write } = framingOf(socket.protocol)
  // A client that sends faster than the process reads has to wait: nobody else would hold what it sends.
  const take = (content: Buffer): void => {
    if (stdin.destroyed || stdin.write(content)) return
    socket.pause()
    stdin.once('drain', () => socket.resume())
  }
  stdin.on('close', () => socket.resume())
  socket.on('message', (data: Buffer) => {
    const { channel, content } = read(data)
    if (channel === STDIN) take(content)
    else if (channel === CLOSE && content[0] === STDIN) stdin.end()
    else if (channel === RESIZE) {
      const size = parseResize(content.toString('utf8'))
      if (size) for (const listener of resizes) listener(size)
    }
  })
  socket.on('close', () => stdin.end())
  socket.on('error', () => socket.terminate())
  const output = (channel: number): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        socket.send(write(channel, chunk), () => done())
      },
    })
  return {
    ...(options.stdin && { stdin }),
    ...(options.stdout && { stdout: output(STDOUT) }),
    ...(options.stderr && !options.tty && { stderr: output(STDERR) }),
    onResize: (listener) => resizes.push(listener),
    onGone: (listener) => socket.on('close', listener),
    finish: (status) => {
      const text = outcomeText(status, socket.protocol)
      if (text !== '') socket.send(write(ERROR, Buffer.from(text)))
      // What was not read by now is not read any more, and must not stand before the client's goodbye.
      stdin.destroy()
      socket.close(1000)
    },
  }
}

/** Before the fourth version there was only the text of an error. */
function outcomeText(status: { status?: string; message?: string }, protocol: string): string {
  if (/^v[45]/.test(protocol)) return JSON.stringify(status)
  return status.status === 'Success' ? '' : (status.message ?? '')
}

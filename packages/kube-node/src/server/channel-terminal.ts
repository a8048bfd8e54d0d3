import { PassThrough, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import { type ProcessOptions, parseResize, type RemoteTerminal } from './remote-process.ts'

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const RESIZE = 4
/** v5.channel.k8s.io: the next byte names the channel that the client has closed. */
const CLOSE = 255

/** exec and attach over a WebSocket (v4/v5.channel.k8s.io): the first byte of each message is its channel. */
export function channelTerminal(socket: WebSocket, options: ProcessOptions): RemoteTerminal {
  const stdin = new PassThrough()
  const resizes: ((size: { rows: number; columns: number }) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const [channel] = data
    const content = data.subarray(1)
    if (channel === STDIN) stdin.write(content)
    else if (channel === CLOSE && content[0] === STDIN) stdin.end()
    else if (channel === RESIZE) {
      const size = parseResize(content.toString('utf8'))
      if (size) for (const listener of resizes) listener(size)
    }
  })
  socket.on('close', () => stdin.end())
  socket.on('error', () => socket.terminate())
  return {
    ...(options.stdin && { stdin }),
    ...(options.stdout && { stdout: channel(socket, STDOUT) }),
    ...(options.stderr && !options.tty && { stderr: channel(socket, STDERR) }),
    onResize: (listener) => resizes.push(listener),
    onGone: (listener) => socket.on('close', listener),
    finish: (status) => {
      socket.send(Buffer.concat([Buffer.from([ERROR]), Buffer.from(JSON.stringify(status))]))
      socket.close(1000)
    },
  }
}

function channel(socket: WebSocket, number: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.from([number]), chunk]), () => done())
    },
  })
}

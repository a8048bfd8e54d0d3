import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { channelTerminal } from './channel-terminal.ts'
import type { RemoteTerminal } from './remote-process.ts'

const STDIN = 0

/** A terminal whose client sends as fast as it is let, and what is done with its connection. */
function typing(): { terminal: RemoteTerminal; type(bytes: number): void; done: string[] } {
  const done: string[] = []
  const socket = Object.assign(new EventEmitter(), {
    protocol: 'v5.channel.k8s.io',
    pause: () => done.push('pause'),
    resume: () => done.push('resume'),
    send: () => done.push('send'),
    close: () => done.push('close'),
  })
  const options = { command: [], stdin: true, stdout: false, stderr: false, tty: false }
  const terminal = channelTerminal(socket as unknown as WebSocket, options)
  const type = (bytes: number): unknown => socket.emit('message', Buffer.alloc(bytes + 1, STDIN))
  return { terminal, type, done }
}

it('has a client wait that sends faster than the process reads', async () => {
  const { terminal, type, done } = typing()
  type(100)
  expect(done).toEqual([])

  type(1_000_000)
  expect(done).toEqual(['pause'])

  terminal.stdin?.resume()
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toEqual(['pause', 'resume'])
})

it('waits no longer when the process has ended', async () => {
  const { terminal, type, done } = typing()
  type(1_000_000)
  terminal.finish({ status: 'Success' })
  await new Promise((resolve) => setImmediate(resolve))
  type(1_000_000)

  expect(done).toEqual(['pause', 'send', 'close', 'resume'])
})

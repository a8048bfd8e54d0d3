import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'

/** Keeps connections to the service at `url`, and ends those over which nothing goes for `silence` milliseconds. */
export function agentFor(url: string, silence: number): HttpAgent {
  const options = { keepAlive: true, timeout: silence }
  const agent = url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (to, done) => {
    const socket = connect(to, done) as Socket
    // Bytes on their way out count for Node's timer, too: a slow link takes the time that it takes. Where it is our reader who is
    // slow, the time counts from when it goes on.
    socket.on('resume', () => socket.setTimeout(silence))
    socket.on('timeout', () => {
      if (!socket.isPaused()) socket.destroy(silent(silence))
    })
    return socket
  }
  return agent
}

const silent = (silence: number): Error =>
  Object.assign(new Error(`no byte came or went for ${silence / 1000} s`), { code: 'ETIMEDOUT' })

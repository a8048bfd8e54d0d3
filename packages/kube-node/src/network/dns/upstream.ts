import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

/** How long a server may take, in milliseconds; resolvers ask again after five seconds. */
const TIMEOUT = 2_000
const PORT = 53

/** Asks the machine's own servers, one after the other, with the question as it came. Undefined when none answers. */
export async function askUpstream(
  query: Buffer,
  servers: string[],
  protocol: 'udp' | 'tcp',
): Promise<Buffer | undefined> {
  const ask = protocol === 'udp' ? askByUdp : askByTcp
  for (const server of servers) {
    const answer = await ask(query, server)
    if (answer) return answer
  }
  return undefined
}

function askByUdp(query: Buffer, host: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const finish = (answer?: Buffer): void => {
      clearTimeout(timer)
      socket.removeAllListeners('message')
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(finish, TIMEOUT)
    socket.on('error', () => finish())
    socket.on('message', (answer, from) => {
      // Nobody else's answer, and none to another question.
      if (from.address === host && from.port === PORT && answer.subarray(0, 2).equals(query.subarray(0, 2)))
        finish(answer)
    })
    socket.send(query, PORT, host)
  })
}

function askByTcp(query: Buffer, host: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: PORT, timeout: TIMEOUT })
    let received = Buffer.alloc(0)
    const finish = (answer?: Buffer): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('timeout', () => finish())
    socket.on('error', () => finish())
    socket.on('close', () => finish())
    socket.on('connect', () => socket.write(framed(query)))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        finish(received.subarray(2, 2 + received.readUInt16BE(0)))
      }
    })
  })
}

/** Over TCP a message follows its length (RFC 1035, 4.2.2). */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

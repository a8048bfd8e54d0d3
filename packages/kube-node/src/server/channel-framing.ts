/** v5.channel.k8s.io: the next byte names the channel that the client has closed. */
export const CLOSE = 255

/** How a message of a WebSocket says which channel it is of. */
interface Framing {
  read(message: Buffer): { channel: number; content: Buffer }
  write(channel: number, content: Buffer): Buffer | string
}

/** Of a subprotocol; the one without a name is binary. */
export function framingOf(protocol: string): Framing {
  return protocol.includes('base64') ? TEXT : BINARY
}

const BINARY: Framing = {
  read: (message) => ({ channel: message[0] ?? CLOSE, content: message.subarray(1) }),
  write: (channel, content) => Buffer.concat([Buffer.from([channel]), content]),
}

/** For clients that have only text: the channel as a digit, the rest in base64. */
const TEXT: Framing = {
  read(message) {
    const text = message.toString('latin1')
    return { channel: Number(text.slice(0, 1)), content: Buffer.from(text.slice(1), 'base64') }
  },
  write: (channel, content) => `${channel}${content.toString('base64')}`,
}

import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { parseResolvConf } from '../../kubelet/network-files/resolv-conf.ts'
import { answerTo, type Resolver } from './answer.ts'
import { askUpstream, framed } from './upstream.ts'
import type { ZoneView } from './zone.ts'

/** Of one message over TCP. */
const MOST_BYTES = 65_535
const IDLE = 10_000

/** The cluster's DNS server: the names of the cluster from what the node knows, all others from this machine's own servers. */
export class DnsServer {
  readonly #view: ZoneView
  readonly #outside: typeof askMachine
  readonly #udp = createSocket('udp4')
  readonly #tcp = createServer((socket) => this.#serve(socket))
  readonly #sockets = new Set<Socket>()
  #closed = false

  /** `outside` asks for names of elsewhere. */
  constructor(view: ZoneView, outside: typeof askMachine = askMachine) {
    this.#view = view
    this.#outside = outside
    this.#udp.unref()
    this.#tcp.unref()
  }

  /** Throws when the address is not this machine's or somebody has the port. Resolves to the port; 0 takes a free one. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject)
      this.#udp.bind(port, host, resolve)
    })
    this.#udp.removeAllListeners('error')
    this.#udp.on('error', () => {})
    this.#udp.on('message', (message, from) => {
      void answerTo(message, this.#resolver('udp')).then((answer) => {
        // Servers elsewhere may have taken longer than there is one here.
        if (answer && !this.#closed) this.#udp.send(answer, from.port, from.address)
      })
    })
    const bound = this.#udp.address().port
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject)
      this.#tcp.listen(bound, host, resolve)
    })
    return bound
  }

  close(): void {
    this.#closed = true
    this.#udp.close()
    this.#tcp.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #resolver(protocol: 'udp' | 'tcp'): Resolver {
    return { view: this.#view, outside: (query) => this.#outside(query, protocol) }
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setTimeout(IDLE, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const message = received.subarray(2, end)
        received = received.subarray(end)
        void answerTo(message, this.#resolver('tcp'), MOST_BYTES).then((answer) => {
          if (answer && !socket.destroyed) socket.write(framed(answer))
        })
      }
    })
  }
}

const askMachine = (query: Buffer, protocol: 'udp' | 'tcp'): Promise<Buffer | undefined> =>
  askUpstream(query, machineServers(), protocol)

/** Read each time, since a laptop changes its network; unlike pods this process reaches servers on loopback addresses. */
function machineServers(): string[] {
  try {
    return parseResolvConf(readFileSync('/etc/resolv.conf', 'utf8')).servers
  } catch {
    // A machine that resolves no names.
    return []
  }
}

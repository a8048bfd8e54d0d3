import { BlockList } from 'node:net'
import type { Log } from '@slipway/controller-runtime'
import { messageOf, UserError } from '@slipway/errors'
import type { Address } from '../services/forwarder.ts'
import { nft } from './nft.ts'
import { holderOf } from './port-holder.ts'
import { type Protocol, type Redirect, removal, ruleset } from './ruleset.ts'

/** Ports that Linux gives to nobody who asks for any (ip_local_port_range), and nobody is known for. */
const FIRST = 61_000
const COUNT = 4_536

/**
 * The ports of the cluster's addresses. What listens at a port of one address keeps every other program of this machine from that port
 * of all addresses, and the other way round. So the kernel leads each of them to another port, where this process listens.
 * Where it does not, this process listens on the port itself. See docs/adr/0022-redirected-ports.md.
 */
export class ClusterPorts {
  /** The address of the node, where other programs may have ports, too. */
  readonly node: string
  readonly #cidr: string
  readonly #range = new BlockList()
  readonly #log: Log
  readonly #redirects = new Map<string, Redirect>()
  /** Why the kernel redirects nothing; undefined when it does. */
  #without: string | undefined = 'ports are not redirected'
  #work: Promise<void> = Promise.resolve()
  #isQueued = false

  /** `cidr` has the cluster's addresses. */
  constructor(cidr: string, node: string, log: Log) {
    this.#cidr = cidr
    this.node = node
    const [first = '', bits] = cidr.split('/')
    this.#range.addSubnet(first, Number(bits))
    this.#log = log
  }

  /** Finds out whether the kernel redirects. What a killed process left is gone then. */
  async open(): Promise<void> {
    try {
      await nft(ruleset(this.#cidr, this.node, []))
      this.#without = undefined
    } catch (error) {
      this.#without = messageOf(error)
      this.#log('info', `Services take ports of this machine, since nftables can't be used: ${this.#without}`)
    }
  }

  /**
   * Has `listen` take a port for what comes to that of the address; it resolves to undefined when somebody has the one it was told to
   * take, of which 0 is any. Throws when the port can't be had.
   */
  async listen<T extends { port: number }>(
    { host, port }: Address,
    protocols: Protocol[],
    listen: (address: Address) => Promise<T | undefined>,
  ): Promise<T> {
    if (this.#without !== undefined || !this.#range.check(host)) {
      const direct = await listen({ host, port })
      if (!direct) throw await this.#taken({ host, port }, protocols)
      return direct
    }
    // Whoever looks at this machine's sockets sees for which port it stands.
    const usual = FIRST + (port % COUNT)
    const listener = (await listen({ host, port: usual })) ?? (await listen({ host, port: 0 }))
    if (!listener) throw await this.#taken({ host, port: usual }, protocols)
    for (const protocol of protocols) {
      this.#redirects.set(keyOf(host, protocol, port), { host, protocol, port, to: listener.port })
    }
    this.#changed()
    return listener
  }

  /** Nobody listens for the address any more at port `to`, and callers are refused. */
  release({ host, port }: Address, protocol: Protocol, to: number): void {
    const key = keyOf(host, protocol, port)
    // Somebody else may have the address by now.
    if (this.#redirects.get(key)?.to !== to) return
    this.#redirects.delete(key)
    this.#changed()
  }

  /** Resolves when the kernel knows all that was said so far. */
  settled(): Promise<void> {
    return this.#work
  }

  async close(): Promise<void> {
    if (this.#without === undefined) this.#run(() => removal(this.#cidr))
    await this.#work
  }

  /** Changes that come while the kernel takes the last ones are taken together. */
  #changed(): void {
    if (this.#isQueued) return
    this.#isQueued = true
    this.#run(() => {
      this.#isQueued = false
      return ruleset(this.#cidr, this.node, this.#redirects.values())
    })
  }

  #run(commands: () => string): void {
    this.#work = this.#work
      .then(() => nft(commands()))
      .catch((error: unknown) => this.#log('error', `ports of cluster IPs: ${messageOf(error)}`))
  }

  async #taken({ host, port }: Address, protocols: Protocol[]): Promise<UserError> {
    const holders = await Promise.all(protocols.map((protocol) => holderOf(protocol, port)))
    const holder = holders.find((found) => found !== undefined) ?? 'another program'
    return new UserError('PORT_IN_USE', `${protocols.join(' and ')} ${host}:${port} is taken by ${holder}`, {
      hint: `have it listen at another address${this.#without ? `, or make nftables usable: ${this.#without}` : ''}`,
    })
  }
}

const keyOf = (host: string, protocol: Protocol, port: number): string => `${protocol} ${host}:${port}`

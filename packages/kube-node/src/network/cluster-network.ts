import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from '@slipway/errors'

const run = promisify(execFile)

/** The addresses of a service range that have a meaning of their own. */
export interface ClusterAddresses {
  /** Of the cluster's DNS server. */
  dns: string
  /** Of the node itself. */
  node: string
}

/** The tenth and the last address of an IPv4 range such as `10.96.0.0/22`. */
export function clusterAddresses(cidr: string): ClusterAddresses {
  const [address = '', bits = '32'] = cidr.split('/')
  const first = address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
  const last = first + 2 ** (32 - Number(bits)) - 1
  const text = (number: number): string =>
    [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
  return { dns: text(first + 10), node: text(last - 1) }
}

/** The route that makes every address of the service range one of this machine (Linux: AnyIP). */
export class ClusterRoute {
  readonly #cidr: string

  constructor(cidr: string) {
    this.#cidr = cidr
  }

  /** Resolves to why there is none; undefined when there is. */
  async open(): Promise<string | undefined> {
    if (process.platform !== 'linux') return 'only Linux has local routes'
    if (process.getuid?.() !== 0) return 'only root may set routes'
    try {
      await run('ip', ['route', 'replace', 'local', this.#cidr, 'dev', 'lo'])
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  }

  async close(): Promise<void> {
    // Gone already when the machine's network was set up anew.
    await run('ip', ['route', 'del', 'local', this.#cidr, 'dev', 'lo']).catch(() => {})
  }
}

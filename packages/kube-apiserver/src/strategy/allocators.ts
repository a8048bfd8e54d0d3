/** Hands out numbers of a range, each once. */
export class NumberPool {
  readonly #first: number
  readonly #count: number
  readonly #taken = new Set<number>()
  #next: number

  /** What is asked for by its number is easily had among the first `spared`, which are given to others last. */
  constructor(first: number, count: number, spared = 0) {
    this.#first = first
    this.#count = count
    this.#next = spared
  }

  /** False when it is taken or outside of the range. */
  take(number: number): boolean {
    if (!this.has(number) || this.#taken.has(number)) return false
    this.#taken.add(number)
    return true
  }

  /** The next free number; undefined when all are taken. */
  takeAny(): number | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const number = this.#first + ((this.#next + tried) % this.#count)
      if (this.#taken.has(number)) continue
      this.#taken.add(number)
      this.#next = number - this.#first + 1
      return number
    }
    return undefined
  }

  release(number: number): void {
    this.#taken.delete(number)
  }

  has(number: number): boolean {
    return number >= this.#first && number < this.#first + this.#count
  }
}

/**
 * Cluster IPs of an IPv4 network such as `10.96.0.0/16`. The network's own and its broadcast address are left out, and so is the
 * last one, which is that of the node.
 */
export class AddressPool {
  readonly #pool: NumberPool
  readonly cidr: string

  constructor(cidr: string) {
    const [address = '', bits = '16'] = cidr.split('/')
    const size = 2 ** (32 - Number(bits))
    this.cidr = cidr
    // Kubernetes' ServiceIPStaticSubrange: between 16 and 256, a sixteenth of the range where that is between.
    const spared = Math.min(Math.max(16, Math.floor(size / 16)), 256)
    this.#pool = new NumberPool(addressNumber(address) + 1, size - 3, spared)
  }

  take(address: string): boolean {
    return this.#pool.take(addressNumber(address))
  }

  takeAny(): string | undefined {
    const number = this.#pool.takeAny()
    return number === undefined ? undefined : addressText(number)
  }

  release(address: string): void {
    this.#pool.release(addressNumber(address))
  }

  has(address: string): boolean {
    return this.#pool.has(addressNumber(address))
  }
}

/** The address of the Service `kubernetes`: the first of the range. */
export function firstServiceAddress(cidr: string): string {
  const [address = ''] = cidr.split('/')
  return addressText(addressNumber(address) + 1)
}

function addressNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

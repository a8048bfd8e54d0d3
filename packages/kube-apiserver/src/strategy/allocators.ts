/** Hands out numbers of a range, each once. */
export class NumberPool {
  readonly #first: number
  readonly #count: number
  readonly #taken = new Set<number>()
  #next = 0

  constructor(first: number, count: number) {
    this.#first = first
    this.#count = count
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

/** Cluster IPs of an IPv4 network such as `10.96.0.0/16`; the network's own, its first (the API's) and its broadcast address are left out. */
export class AddressPool {
  readonly #pool: NumberPool
  readonly cidr: string

  constructor(cidr: string) {
    const [address = '', bits = '16'] = cidr.split('/')
    const size = 2 ** (32 - Number(bits))
    this.cidr = cidr
    this.#pool = new NumberPool(addressNumber(address) + 1, size - 2)
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

function addressNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

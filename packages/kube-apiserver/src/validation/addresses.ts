import { isIP } from 'node:net'

const BITS = { 4: 32, 6: 128 } as const

/** An IP address; its text is the one that RFC 5952 wants. */
export class Ip {
  readonly family: 4 | 6
  readonly value: bigint

  constructor(family: 4 | 6, value: bigint) {
    this.family = family
    this.value = value
  }

  /** Whether the first bits are those of the number. */
  startsWith(bits: number, number: bigint): boolean {
    return this.value >> BigInt(BITS[this.family] - bits) === number
  }

  toString(): string {
    if (this.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (this.value >> shift) & 255n).join('.')
    const groups = Array.from({ length: 8 }, (_, index) => (this.value >> BigInt(112 - 16 * index)) & 65535n)
    // A URL's host is written as RFC 5952 wants it.
    return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1)
  }
}

/** A network, of which the address may name a machine. */
export class Cidr {
  readonly ip: Ip
  readonly bits: number

  constructor(ip: Ip, bits: number) {
    this.ip = ip
    this.bits = bits
  }

  contains({ family, value }: Ip): boolean {
    const shift = BigInt(BITS[family] - this.bits)
    return family === this.ip.family && value >> shift === this.ip.value >> shift
  }

  masked(): Cidr {
    const shift = BigInt(BITS[this.ip.family] - this.bits)
    return new Cidr(new Ip(this.ip.family, (this.ip.value >> shift) << shift), this.bits)
  }

  toString(): string {
    return `${this.ip}/${this.bits}`
  }
}

/** Throws an Error in the words of apiserver's expressions. */
export function parseIp(text: string): Ip {
  const family = isIP(text)
  if (family === 0)
    throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string: unable to parse IP`)
  if (text.includes('%')) throw new Error(`IP address ${JSON.stringify(text)} with zone value is not allowed`)
  if (family === 4) return new Ip(4, joined(text.split('.').map(Number), 8n))
  if (/:\d+\.\d+\.\d+\.\d+$/.test(text) && /^(0*:)*:?ffff:/i.test(text)) {
    throw new Error(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  }
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const groups = (part: string): number[] => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return new Ip(6, joined([...before, ...zeros, ...after], 16n))
}

const joined = (parts: number[], bits: bigint): bigint => parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n)

export function parseCidr(text: string): Cidr {
  const [, address = '', bits = ''] = /^(.+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const fault = () =>
    new Error(`network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)})`)
  if (!address) throw fault()
  const ip = parseIp(address)
  if (Number(bits) > BITS[ip.family]) throw fault()
  return new Cidr(ip, Number(bits))
}

import { isIP } from 'node:net'
import type { Environment } from '@marcbachmann/cel-js'
import { addNamespace, holds } from './namespace.ts'

const BITS = { 4: 32, 6: 128 } as const

/** An IP address inside an expression. */
class Ip {
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

/** A network inside an expression. */
class Cidr {
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

function parseIp(text: string): Ip {
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

function parseCidr(text: string): Cidr {
  const [, address = '', bits = ''] = /^(.+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const fault = () =>
    new Error(`network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)})`)
  if (!address) throw fault()
  const ip = parseIp(address)
  if (Number(bits) > BITS[ip.family]) throw fault()
  return new Cidr(ip, Number(bits))
}

/** apiserver's cel/library/ip.go and cidr.go. */
export function addAddresses(env: Environment): void {
  addIps(env)
  addCidrs(env)
}

function addIps(env: Environment): void {
  const type = 'kubernetes.IP'
  env.registerType(type, { ctor: Ip, fields: {} })
  env.registerFunction(`ip(string): ${type}`, parseIp)
  env.registerFunction('isIP(string): bool', (text: string) => holds(() => parseIp(text)))
  addNamespace(env, 'ip', { 'isCanonical(string): bool': (text: string) => String(parseIp(text)) === text })
  env.registerFunction(`string(${type}): string`, String)
  env.registerFunction(`${type}.family(): int`, ({ family }: Ip) => BigInt(family))
  env.registerOperator(`${type} == ${type}`, (a: Ip, b: Ip) => a.family === b.family && a.value === b.value)
  const v4 = (ip: Ip): boolean => ip.family === 4
  const isLoopback = (ip: Ip): boolean => (v4(ip) ? ip.startsWith(8, 127n) : ip.value === 1n)
  const isLinkLocalUnicast = (ip: Ip): boolean => (v4(ip) ? ip.startsWith(16, 0xa9fen) : ip.startsWith(10, 0x3fan))
  const isMulticast = (ip: Ip): boolean => (v4(ip) ? ip.startsWith(4, 0xen) : ip.startsWith(8, 0xffn))
  const isBroadcast = (ip: Ip): boolean => v4(ip) && ip.value === 0xffffffffn
  const checks: Record<string, (ip: Ip) => boolean> = {
    isUnspecified: ({ value }) => value === 0n,
    isLoopback,
    isLinkLocalMulticast: (ip) => (v4(ip) ? ip.startsWith(24, 0xe00000n) : ip.startsWith(16, 0xff02n)),
    isLinkLocalUnicast,
    isGlobalUnicast: (ip) =>
      ip.value !== 0n && !isBroadcast(ip) && !isLoopback(ip) && !isMulticast(ip) && !isLinkLocalUnicast(ip),
  }
  for (const [name, check] of Object.entries(checks)) env.registerFunction(`${type}.${name}(): bool`, check)
}

function addCidrs(env: Environment): void {
  const type = 'kubernetes.CIDR'
  env.registerType(type, { ctor: Cidr, fields: {} })
  env.registerFunction(`cidr(string): ${type}`, parseCidr)
  env.registerFunction('isCIDR(string): bool', (text: string) => holds(() => parseCidr(text)))
  env.registerFunction(`string(${type}): string`, String)
  env.registerOperator(`${type} == ${type}`, (a: Cidr, b: Cidr) => String(a) === String(b))
  env.registerFunction(`${type}.ip(): kubernetes.IP`, ({ ip }: Cidr) => ip)
  env.registerFunction(`${type}.prefixLength(): int`, ({ bits }: Cidr) => BigInt(bits))
  env.registerFunction(`${type}.masked(): ${type}`, (cidr: Cidr) => cidr.masked())
  const within = (outer: Cidr, inner: Cidr): boolean => inner.bits >= outer.bits && outer.contains(inner.ip)
  env.registerFunction(`${type}.containsIP(kubernetes.IP): bool`, (cidr: Cidr, ip: Ip) => cidr.contains(ip))
  env.registerFunction(`${type}.containsIP(string): bool`, (cidr: Cidr, ip: string) => cidr.contains(parseIp(ip)))
  env.registerFunction(`${type}.containsCIDR(${type}): bool`, within)
  env.registerFunction(`${type}.containsCIDR(string): bool`, (cidr: Cidr, inner: string) =>
    within(cidr, parseCidr(inner)),
  )
}

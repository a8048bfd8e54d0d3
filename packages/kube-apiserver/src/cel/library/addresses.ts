import type { Environment } from '@marcbachmann/cel-js'
import { Cidr, Ip, parseCidr, parseIp } from '../../validation/addresses.ts'
import { addNamespace, holds } from './namespace.ts'

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

import { isIP } from 'node:net'
import { parseCidr, parseIp } from '../validation/addresses.ts'
import { parsedCidr } from '../validation/values.ts'

/** An IPv4 address inside of an IPv6 one, which Kubernetes will no longer take one day. */
const MAPPED = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Addresses that are not written as they should be (apimachinery's GetWarningsForIP). */
export function addressWarnings(field: string, value: string | undefined): string[] {
  if (value === undefined || isIP(value) !== 6) return []
  const [, mapped] = MAPPED.exec(value) ?? []
  if (mapped) return [nonStandard(field, 'IP address', value, mapped)]
  const canonical = String(parseIp(value))
  if (canonical === value) return []
  return [`${field}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${canonical}")`]
}

/** The same for networks, whose address should name no machine (GetWarningsForCIDR). */
export function networkWarnings(field: string, value: string | undefined): string[] {
  const { address = '', bits = 0, family } = (value !== undefined && parsedCidr(value)) || {}
  if (!family) return []
  const [, mapped] = MAPPED.exec(address) ?? []
  if (mapped) return [nonStandard(field, 'CIDR value', value, `${mapped}/${Math.max(0, bits - 96)}`)]
  const network = parseCidr(`${address}/${bits}`)
  const masked = network.masked()
  if (masked.ip.value !== network.ip.value) {
    const single = `${network.ip}/${family === 4 ? 32 : 128}`
    return [`${field}: CIDR value "${value}" is ambiguous in this context (should be "${masked}" or "${single}"?)`]
  }
  if (family === 4 || String(network) === value) return []
  return [`${field}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${network}")`]
}

const nonStandard = (field: string, what: string, value: string | undefined, better: string): string =>
  `${field}: non-standard ${what} "${value}" will be considered invalid in a future Kubernetes release: use "${better}"`

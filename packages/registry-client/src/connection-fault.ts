import { isIP, isIPv6 } from 'node:net'
import { messageOf } from '@slipway/errors'

interface SystemError {
  code?: string
  address?: string
  port?: number
  hostname?: string
  host?: string
  cert?: { subjectaltname?: string }
  errors?: SystemError[]
  cause?: SystemError
}

/** Why a connection failed, in the words of Go's net package where we know them. */
export function connectionFault(error: unknown): string {
  let root = error as SystemError
  while (root.cause) root = root.cause
  root = root.errors?.at(-1) ?? root
  switch (root.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${hostOf(root)}:${root.port}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `dial tcp ${hostOf(root)}:${root.port}: connect: no route to host`
    case 'ENETUNREACH':
      return `dial tcp ${hostOf(root)}:${root.port}: connect: network is unreachable`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${root.hostname}: no such host`
    case 'UND_ERR_SOCKET':
      return 'EOF'
    case 'ECONNRESET':
      return 'read: connection reset by peer'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return 'http: server gave HTTP response to HTTPS client'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${nameFault(root)}`
    default:
      return messageOf(error)
  }
}

/** As {@link connectionFault}, of what broke in the middle of a body (Go, io.ErrUnexpectedEOF). */
export function bodyFault(error: unknown): string {
  const fault = connectionFault(error)
  return fault === 'EOF' ? 'unexpected EOF' : fault
}

function hostOf({ address = '' }: SystemError): string {
  return address.includes(':') ? `[${address}]` : address
}

// Go, crypto/x509: HostnameError.
function nameFault({ host = '', cert }: SystemError): string {
  const isAddress = isIP(host) !== 0
  const kind = isAddress ? 'IP Address:' : 'DNS:'
  const all = (cert?.subjectaltname ?? '').split(', ')
  const names = all.flatMap((name) => (name.startsWith(kind) ? [shortened(name.slice(kind.length))] : []))
  if (names.length > 0) {
    return `certificate is valid for ${names.join(', ')}, not ${host}`
  }
  return isAddress
    ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `certificate is not valid for any names, but wanted to match ${host}`
}

/** Certificates have IPv6 addresses in full. */
const shortened = (name: string): string => (isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name)

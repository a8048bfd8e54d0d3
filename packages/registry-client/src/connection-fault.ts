import { messageOf } from '@slipway/errors'

interface SystemError {
  code?: string
  address?: string
  port?: number
  hostname?: string
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
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return 'http: server gave HTTP response to HTTPS client'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    default:
      return messageOf(error)
  }
}

function hostOf({ address = '' }: SystemError): string {
  return address.includes(':') ? `[${address}]` : address
}

import type { IncomingMessage } from 'node:http'

/** Who did something, and from where. */
export interface Origin {
  actor: string
  /** Absent for what the registry does by itself. */
  request?: RequestOrigin
}

export interface RequestOrigin {
  id: string
  host: string
  method: string
  userAgent: string
  /** IP address. */
  remoteAddress: string
}

/** Something that has changed for good, told after it is durable. */
export interface RegistryEvent {
  action: 'push' | 'delete' | 'untag'
  /** RFC 3339. */
  at: string
  repository: string
  /** Absent when a manifest came without a tag, or went with all. */
  tag?: string
  digest: string
  mediaType: string
  /** Of the manifest, in bytes. */
  size: number
  /** The chart that the manifest holds. */
  chart?: { name: string; version: string; digest: string; size: number }
  origin: Origin
}

/** What a request tells of where it comes from. */
export function requestOrigin(id: string, { headers, method, socket }: IncomingMessage): RequestOrigin {
  return {
    id,
    host: headers.host ?? '',
    method: method ?? '',
    userAgent: headers['user-agent'] ?? '',
    remoteAddress: socket.remoteAddress ?? '',
  }
}

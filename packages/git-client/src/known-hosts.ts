import { createHmac } from 'node:crypto'
import { fitsText } from '@slipway/git-format'

/** A host key that a known_hosts text vouches for or rules out. */
export interface KnownHostKey {
  type: string
  /** Base64. */
  key: string
  revoked: boolean
}

/** The keys that a known_hosts text (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) has for a host; certificate authorities are passed over. */
export function keysOfHost(knownHosts: string, host: string, port: number): KnownHostKey[] {
  const name = port === 22 ? host : `[${host}]:${port}`
  return knownHosts.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
    const [hosts, type, key] = fields
    if (!hosts || !type || !key || hosts.startsWith('#') || marker === '@cert-authority') return []
    return matches(hosts, name) ? [{ type, key, revoked: marker === '@revoked' }] : []
  })
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return isHashOf(hosts, name)
  let found = false
  for (const entry of hosts.split(',')) {
    const negated = entry.startsWith('!')
    if (!fitsText((negated ? entry.slice(1) : entry).toLowerCase(), name.toLowerCase())) continue
    if (negated) return false
    found = true
  }
  return found
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function isHashOf(entry: string, name: string): boolean {
  const [, , salt = '', hash = ''] = entry.split('|')
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf, TransientError, UserError } from '@slipway/errors'
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2'
import { type KnownHostKey, keysOfHost } from './known-hosts.ts'
import type { RemoteUrl } from './remote-url.ts'

export interface SshCredentials {
  /** OpenSSH or PEM private key file. */
  privateKey: string
  passphrase?: string
  /** known_hosts text. */
  knownHosts?: string
}

export interface SshPoolOptions {
  /** known_hosts text that counts for every connection, besides that of the credentials. */
  knownHosts?: string
  /**
   * Asked about the key of a host that no known_hosts text mentions; who answers yes records it.
   * @default such hosts are refused
   */
  trustHostKey?: (host: string, port: number, publicKey: string) => boolean
  /** Milliseconds for which a connection that was used before may leave a command unanswered. @default 5000 */
  patience?: number
}

type SshUrl = Extract<RemoteUrl, { kind: 'ssh' }>

const CONNECT_TIMEOUT = 20_000
const PATIENCE = 5_000
/** Milliseconds after which an unused connection is closed. */
const IDLE = 10 * 60_000

interface Connection {
  client: ssh2.Client
  channels: number
  idle?: NodeJS.Timeout
}

/** SSH connections that stay open, one per host and key: on a warm one a command costs two round trips instead of a key exchange. */
export class SshPool {
  readonly #options: SshPoolOptions
  readonly #connections = new Map<string, Promise<Connection>>()

  constructor(options: SshPoolOptions = {}) {
    this.#options = options
  }

  /** Runs a command on the host. Throws GIT_AUTH_FAILED, GIT_HOST_KEY_UNKNOWN, GIT_UNREACHABLE. */
  async exec(url: SshUrl, credentials: SshCredentials, command: string): Promise<ClientChannel> {
    const key = poolKey(url, credentials)
    const warm = this.#connections.get(key)
    if (warm) {
      try {
        return await soon(this.#open(await warm, command), this.#options.patience ?? PATIENCE)
      } catch {
        // The connection dropped unnoticed, is dead without a word (a machine that slept, a NAT that forgot it), or has no free
        // channel: a fresh one tells which.
        this.#drop(key, warm)
      }
    }
    const fresh = this.#connect(key, url, credentials)
    return this.#open(await fresh, command)
  }

  async close(): Promise<void> {
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    for (const connection of connections) {
      await connection.then(
        ({ client, idle }) => {
          clearTimeout(idle)
          client.end()
        },
        () => {},
      )
    }
  }

  #connect(key: string, url: SshUrl, credentials: SshCredentials): Promise<Connection> {
    const pending = this.#connections.get(key)
    if (pending) return pending
    const connection: Promise<Connection> = this.#handshake(url, credentials, () => this.#drop(key, connection))
    this.#connections.set(key, connection)
    connection.catch(() => this.#drop(key, connection))
    return connection
  }

  #drop(key: string, connection: Promise<Connection>): void {
    if (this.#connections.get(key) === connection) this.#connections.delete(key)
  }

  #handshake(url: SshUrl, credentials: SshCredentials, closed: () => void): Promise<Connection> {
    const known = this.#knownKeys(url, credentials)
    let distrusted: string | undefined
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client()
      const verify = (blob: Buffer): boolean => {
        distrusted = this.#distrust(url, known, blob)
        return distrusted === undefined
      }
      client.on('ready', () => {
        client.setNoDelay(true)
        resolve({ client, channels: 0 })
      })
      client.on('error', (error) => reject(connectionError(url, error, distrusted)))
      client.on('close', () => {
        closed()
        reject(new TransientError('GIT_UNREACHABLE', `${url.url}: the SSH connection was closed`))
      })
      try {
        client.connect(connectConfig(url, credentials, { known, verify }))
      } catch (error) {
        // ssh2 reads the key here.
        reject(new UserError('GIT_AUTH_FAILED', `${url.url}: the private key cannot be read: ${messageOf(error)}`))
      }
    })
  }

  #knownKeys({ host, port }: SshUrl, { knownHosts = '' }: SshCredentials): KnownHostKey[] {
    return keysOfHost(`${this.#options.knownHosts ?? ''}\n${knownHosts}`, host, port)
  }

  /** Why a host key is not to be trusted; undefined when it is. */
  #distrust({ host, port }: SshUrl, known: KnownHostKey[], blob: Buffer): string | undefined {
    const key = blob.toString('base64')
    const same = known.filter((candidate) => candidate.key === key)
    if (same.some(({ revoked }) => revoked)) return 'the host key is revoked'
    if (same.length > 0) return undefined
    if (known.length > 0) return 'the host key is not the one in known_hosts'
    const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
    if (this.#options.trustHostKey?.(host, port, `${type} ${key}`)) return undefined
    return `known_hosts has no key of this host, which showed ${type} ${key}`
  }

  #open(connection: Connection, command: string): Promise<ClientChannel> {
    clearTimeout(connection.idle)
    connection.channels++
    return new Promise((resolve, reject) => {
      const release = (): void => {
        if (--connection.channels === 0) {
          connection.idle = setTimeout(() => connection.client.end(), IDLE)
          connection.idle.unref()
        }
      }
      const fail = (error: unknown): void => {
        release()
        reject(new TransientError('GIT_UNREACHABLE', `SSH: ${messageOf(error)}`, { cause: error }))
      }
      try {
        connection.client.exec(command, { env: { GIT_PROTOCOL: 'version=2' } }, (error, channel) => {
          if (error) return fail(error)
          channel.once('close', release)
          resolve(channel)
        })
      } catch (error) {
        fail(error)
      }
    })
  }
}

/** What comes later is not waited for, and closed. */
async function soon(opening: Promise<ClientChannel>, patience: number): Promise<ClientChannel> {
  const over = new AbortController()
  const late = delay(patience, undefined, { signal: over.signal }).then(() => {
    opening.then((channel) => channel.destroy()).catch(() => {})
    throw new TransientError('GIT_UNREACHABLE', 'SSH: the connection does not answer')
  })
  return Promise.race([opening, late]).finally(() => over.abort())
}

function poolKey(url: SshUrl, credentials: SshCredentials): string {
  const hash = createHash('sha256').update(JSON.stringify(credentials)).digest('hex')
  return `${url.user}@${url.host}:${url.port} ${hash}`
}

function connectConfig(
  { host, port, user }: SshUrl,
  { privateKey, passphrase }: SshCredentials,
  { known, verify }: { known: KnownHostKey[]; verify: (blob: Buffer) => boolean },
): ConnectConfig {
  const serverHostKey = known.filter(({ revoked }) => !revoked).flatMap(({ type }) => algorithmsOf(type))
  return {
    host,
    port,
    username: user,
    privateKey,
    ...(passphrase && { passphrase }),
    readyTimeout: CONNECT_TIMEOUT,
    keepaliveInterval: 15_000,
    hostVerifier: verify,
    // As OpenSSH does: ask for a key of a kind that can be checked.
    ...(serverHostKey.length > 0 && { algorithms: { serverHostKey: [...new Set(serverHostKey)] } }),
  }
}

function algorithmsOf(type: string): ssh2.ServerHostKeyAlgorithm[] {
  return (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type]) as ssh2.ServerHostKeyAlgorithm[]
}

function connectionError(url: SshUrl, error: Error & { level?: string }, distrusted: string | undefined): Error {
  if (distrusted) {
    return new UserError('GIT_HOST_KEY_UNKNOWN', `${url.url}: ${distrusted}`, {
      hint: 'put the host’s line, as ssh-keyscan prints it, into known_hosts',
    })
  }
  if (error.level === 'client-authentication') {
    return new UserError('GIT_AUTH_FAILED', `${url.url}: the server accepts none of the keys`, {
      hint: 'add the public key to the repository’s deploy keys',
    })
  }
  return new TransientError('GIT_UNREACHABLE', `${url.url}: ${error.message}`, { cause: error })
}

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { messageOf, SlipwayError, UserError } from '@slipway/errors'
import { type GitCommand, parseGitCommand, repositoryNameOf } from '@slipway/git-format'
import type { Identity } from '@slipway/http-server'
import ssh2, {
  type AuthContext,
  type Connection,
  type PublicKeyAuthContext,
  type ServerChannel,
  type Session,
} from 'ssh2'
import { chunksOf, nothing } from './exchange.ts'
import type { DeployKey, GitExchange, GitHost, HostedRepository } from './git-host.ts'
import { normalizePublicKey } from './ssh-key.ts'

export interface GitSshServerOptions {
  host: GitHost
  /** OpenSSH private key file that identifies the server; see {@link generateSshKey}. */
  hostKey: string
  /** Whose key this is (`type base64`); undefined = nobody's, and then only deploy keys count. */
  identifyKey: (publicKey: string) => Promise<Identity | undefined> | Identity | undefined
  /** Connections at once. @default 256 */
  connections?: number
  /** Milliseconds that a client has to show a key that counts. @default 30000 */
  loginTimeout?: number
}

const MAX_ATTEMPTS = 10

/** Whom a key stands for: an identity, or nobody but the repositories that list it. */
interface Caller {
  publicKey: string
  identity?: Identity
}

/** git over SSH: public keys only, and nothing but git's three services. */
export class GitSshServer {
  readonly #options: GitSshServerOptions
  readonly #ssh: ssh2.Server
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Of those who have not logged in yet, by their addresses: ssh2 names clients, and not sockets, once they have said something. */
  readonly #logins = new Map<string, NodeJS.Timeout>()

  constructor(options: GitSshServerOptions) {
    this.#options = options
    this.#ssh = new ssh2.Server(
      { hostKeys: [options.hostKey], ident: 'slipway', keepaliveInterval: 15_000, keepaliveCountMax: 4 },
      (client, { ip, port }) => this.#accept(client, `${ip} ${port}`),
    )
    // Many small packets go back and forth before a pack does; with Nagle's algorithm each pair would cost 40 ms.
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#connect(socket))
  }

  /** Listens; `port` 0 takes a free one. Throws UserError PORT_IN_USE when another program has it. */
  start(port: number, hostname = '127.0.0.1'): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') return reject(error)
        reject(new UserError('PORT_IN_USE', `${hostname}:${port} is in use: ${messageOf(error)}`))
      })
      this.#server.listen(port, hostname, () => resolve())
    })
  }

  address(): AddressInfo {
    return this.#server.address() as AddressInfo
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Whoever connects has a place and a time for the login; after that the socket goes, whether or not the client lets go of it. */
  #connect(socket: Socket): void {
    if (this.#sockets.size >= (this.#options.connections ?? 256)) {
      socket.destroy()
      return
    }
    const peer = `${socket.remoteAddress} ${socket.remotePort}`
    this.#sockets.add(socket)
    this.#logins.set(
      peer,
      setTimeout(() => socket.destroy(), this.#options.loginTimeout ?? 30_000),
    )
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#endLogin(peer)
    })
    this.#ssh.injectSocket(socket)
  }

  #endLogin(peer: string): void {
    clearTimeout(this.#logins.get(peer))
    this.#logins.delete(peer)
  }

  #accept(client: Connection, peer: string): void {
    let caller: Caller | undefined
    let attempts = 0
    client.on('authentication', (context) => {
      if (++attempts > MAX_ATTEMPTS) return void client.end()
      this.#authenticate(context)
        .then((found) => {
          if (!found) return context.reject(['publickey'])
          // Only who has signed is somebody: a question about another's key may still be under way when the login is done.
          if (context.method === 'publickey' && context.signature) caller ??= found
          context.accept()
        })
        .catch(() => context.reject(['publickey']))
    })
    client.on('ready', () => this.#endLogin(peer))
    client.on('session', (accept) => caller && this.#serve(accept(), caller))
    // A client that breaks off mid-handshake is everyday life.
    client.on('error', () => client.end())
  }

  /** RFC 4252 section 7: a client may first ask whether a key would do, then signs. */
  async #authenticate(context: AuthContext): Promise<Caller | undefined> {
    if (context.method !== 'publickey') return undefined
    const publicKey = `${context.key.algo.replace(/^rsa-sha2-(256|512)$/, 'ssh-rsa')} ${context.key.data.toString('base64')}`
    if (!isSigned(context)) return undefined
    const identity = await this.#options.identifyKey(publicKey)
    if (identity) return { publicKey, identity }
    const known = this.#options.host.repositories().some((repository) => deployKeyOf(repository, publicKey))
    return known ? { publicKey } : undefined
  }

  #serve(session: Session, caller: Caller): void {
    let protocol: string | undefined
    session.on('env', (accept, _reject, { key, val }) => {
      if (key === 'GIT_PROTOCOL') protocol = val
      accept?.()
    })
    session.on('exec', (accept, _reject, { command }) => {
      const channel = accept()
      channel.on('error', () => channel.destroy())
      this.#run(channel, { command, caller, protocol }).then(
        (status) => leave(channel, status),
        (error: unknown) => {
          const message = error instanceof SlipwayError ? error.message : 'internal error'
          if (channel.writable) channel.stderr.write(`ERROR: ${message}\n`)
          leave(channel, 1)
        },
      )
    })
    session.on('shell', (accept) => {
      const channel = accept()
      const name = caller.identity?.name ?? 'deploy key'
      channel.stderr.write(
        `Hi ${name}! You've successfully authenticated, but Slipway does not provide shell access.\n`,
      )
      leave(channel, 1)
    })
    session.on('pty', (accept) => accept?.())
  }

  async #run(
    channel: ServerChannel,
    { command, caller, protocol }: { command: string; caller: Caller; protocol: string | undefined },
  ): Promise<number> {
    const parsed = parseGitCommand(command)
    if (!parsed) throw new UserError('GIT_COMMAND_NOT_ALLOWED', 'only git fetch, push and archive are served here')
    const { repository, by } = this.#authorize(parsed, caller)
    const exchange: GitExchange = {
      repository,
      input: chunksOf(channel),
      output: channel,
      messages: channel.stderr,
      protocol,
      stateless: false,
    }
    if (parsed.service === 'git-upload-pack') return this.#options.host.uploadPack(exchange)
    if (parsed.service === 'git-upload-archive') return this.#options.host.uploadArchive(exchange)
    return this.#receive(exchange, by)
  }

  async #receive(exchange: GitExchange, by: string): Promise<number> {
    const status = await this.#options.host.advertise({ ...exchange, input: nothing() }, 'git-receive-pack')
    return status === 0 ? this.#options.host.receivePack(exchange, by) : status
  }

  #authorize({ service, path }: GitCommand, caller: Caller): { repository: HostedRepository; by: string } {
    const name = repositoryNameOf(path)
    const repository = name === undefined ? undefined : this.#options.host.find(name)
    const key = repository && deployKeyOf(repository, caller.publicKey)
    // Who may see nothing of a repository is not told that it exists.
    if (!repository || !(caller.identity || key)) {
      throw new UserError(
        'GIT_REPOSITORY_NOT_FOUND',
        `repository '${(name ?? path).replace(/[^ -~]/g, '?')}' not found`,
      )
    }
    const by = caller.identity?.name ?? key?.name ?? ''
    const writes = caller.identity ? caller.identity.role !== 'reader' : key?.access === 'write'
    if (service === 'git-receive-pack' && !writes) {
      throw new UserError('GIT_FORBIDDEN', `the key '${by}' may only read from '${repository.name}'`)
    }
    return { repository, by }
  }
}

function isSigned({ key, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean {
  if (!signature || !blob) return true
  const parsed = ssh2.utils.parseKey(key.data)
  return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true
}

function deployKeyOf(repository: HostedRepository, publicKey: string): DeployKey | undefined {
  return repository.deployKeys?.find((key) => normalizePublicKey(key.publicKey) === publicKey)
}

/** RFC 4254 section 6.10: the exit status goes before the close. */
function leave(channel: ServerChannel, status: number): void {
  if (!channel.writable) {
    channel.destroy()
    return
  }
  channel.exit(status)
  channel.end()
}

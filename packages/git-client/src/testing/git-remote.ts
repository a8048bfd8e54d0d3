import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ssh2, { type Connection } from 'ssh2'

const execFileAsync = promisify(execFile)
const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

/** ssh2 1.17 writes one key in 256 so that it cannot be read; see its handling of leading zero bytes. */
function generateKey(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519')
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

/** One repository, served by the real git over SSH (to one key) and over HTTP (to `ada`, `secret`), both on free ports. */
export class GitRemote {
  readonly folder: string
  readonly clientKey = generateKey()
  readonly hostKey = generateKey()
  /** SSH connections that were ever made. */
  connections = 0
  readonly #sockets = new Set<Socket>()
  readonly #ssh = new ssh2.Server({ hostKeys: [this.hostKey.private] }, (client) => this.#accept(client))
  readonly #sshSocket = createServer({ noDelay: true }, (socket) => {
    this.#sockets.add(socket)
    this.#ssh.injectSocket(socket)
  })
  readonly #http = createHttpServer((request, response) => void this.#serve(request, response))

  private constructor(folder: string) {
    this.folder = folder
  }

  static async start(): Promise<GitRemote> {
    const remote = new GitRemote(await mkdtemp(join(tmpdir(), 'slipway-git-remote-')))
    await remote.git('init', '-q', '-b', 'master', '.')
    await remote.git('config', 'uploadpack.allowAnySHA1InWant', 'true')
    await new Promise<void>((resolve) => remote.#sshSocket.listen(0, '127.0.0.1', resolve))
    await new Promise<void>((resolve) => remote.#http.listen(0, '127.0.0.1', resolve))
    return remote
  }

  async stop(): Promise<void> {
    this.dropConnections()
    this.#http.closeAllConnections()
    await Promise.all([
      new Promise((resolve) => this.#sshSocket.close(resolve)),
      new Promise((resolve) => this.#http.close(resolve)),
    ])
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Cuts every SSH connection, as a restart of the server would. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  /** Leaves every SSH connection open and unanswered, as a network that forgot them does. */
  muteConnections(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').pause()
  }

  get sshUrl(): string {
    return `ssh://git@127.0.0.1:${(this.#sshSocket.address() as AddressInfo).port}/repo`
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/repo`
  }

  /** The host's line in known_hosts. */
  get knownHosts(): string {
    const [type, key] = this.hostKey.public.split(' ')
    return `[127.0.0.1]:${(this.#sshSocket.address() as AddressInfo).port} ${type} ${key}\n`
  }

  /** Runs git in the repository's work tree. */
  async git(...args: string[]): Promise<string> {
    const { stdout } = await execFileAsync('git', args, { cwd: this.folder, env: ENVIRONMENT })
    return stdout.trim()
  }

  /** Commits files; resolves to the commit's id. */
  async commit(files: Record<string, string>, message = 'change'): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      await execFileAsync('mkdir', ['-p', join(this.folder, path, '..')])
      await writeFile(join(this.folder, path), content)
    }
    await this.git('add', '-A')
    await this.git('commit', '-q', '--allow-empty', '-m', message)
    return this.git('rev-parse', 'HEAD')
  }

  #accept(client: Connection): void {
    this.connections++
    client.on('error', () => {})
    client.on('authentication', (context) => {
      const key = ssh2.utils.parseKey(this.clientKey.public)
      const known =
        context.method === 'publickey' && !(key instanceof Error) && key.getPublicSSH().equals(context.key.data)
      if (known) context.accept()
      else context.reject(['publickey'])
    })
    client.on('session', (accept) => {
      const session = accept()
      let protocol = ''
      session.on('env', (_accept, _reject, { val }) => {
        protocol = val
      })
      session.on('exec', (accept, _reject, { command }) => {
        const channel = accept()
        if (command !== "git-upload-pack '/repo'") {
          channel.stderr.write("ERROR: repository 'x' not found\n")
          channel.exit(1)
          channel.end()
          return
        }
        const git = spawn('git', ['upload-pack', this.folder], { env: { ...ENVIRONMENT, GIT_PROTOCOL: protocol } })
        channel.pipe(git.stdin).on('error', () => {})
        git.stdout.pipe(channel, { end: false })
        git.on('close', (status) => {
          channel.exit(status ?? 1)
          channel.end()
        })
      })
    })
  }

  /** git-http-backend(1), which is a CGI program. */
  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://host')
    if (request.headers.authorization !== `Basic ${btoa('ada:secret')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      return
    }
    if (!url.pathname.startsWith('/repo/')) {
      response.writeHead(404).end()
      return
    }
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...ENVIRONMENT,
        GIT_PROJECT_ROOT: join(this.folder, '.git'),
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname.slice('/repo'.length),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? '',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    })
    request.pipe(backend.stdin).on('error', () => {})
    void backend.stdout.toArray().then((chunks) => {
      const output = Buffer.concat(chunks as Buffer[])
      const end = output.indexOf('\r\n\r\n')
      for (const line of output.toString('latin1', 0, end).split('\r\n')) {
        const colon = line.indexOf(':')
        if (line.startsWith('Status:')) response.statusCode = Number(line.slice(7, 12))
        else response.setHeader(line.slice(0, colon), line.slice(colon + 1).trim())
      }
      response.end(output.subarray(end + 4))
    })
  }
}

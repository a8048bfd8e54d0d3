import { type ExecFileException, execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authenticator, HttpServer, type Identity } from '@slipway/http-server'
import { GitHost, type GitHostOptions, type PushEvent } from '../git-host.ts'
import { gitRoutes } from '../http-routes.ts'
import { generateSshKey, type SshKey } from '../ssh-key.ts'
import { GitSshServer } from '../ssh-server.ts'

export interface Outcome {
  status: number
  stdout: string
  stderr: string
}

const PEOPLE: Record<string, Identity> = {
  ada: { name: 'ada', role: 'developer' },
  rita: { name: 'rita', role: 'reader' },
}

const authenticator: Authenticator = {
  authenticate: async (credentials) =>
    credentials.kind === 'basic' && credentials.password === 'secret' ? PEOPLE[credentials.username] : undefined,
}

/** A git host on free ports with both transports, and the stock git and ssh as its clients. */
export class GitFixture {
  readonly folder: string
  readonly host: GitHost
  readonly pushes: PushEvent[] = []
  readonly adaKey = generateSshKey('ada')
  readonly #http: HttpServer
  readonly #ssh: GitSshServer
  readonly #hostKey = generateSshKey('host')

  private constructor(folder: string, options: Partial<GitHostOptions>) {
    this.folder = folder
    this.host = new GitHost({ folder: join(folder, 'git'), ...options })
    this.host.onPush((event) => this.pushes.push(event))
    this.#http = new HttpServer({ routes: gitRoutes(this.host, authenticator) })
    this.#ssh = new GitSshServer({
      host: this.host,
      hostKey: this.#hostKey.privateKey,
      identifyKey: (key) => (this.adaKey.publicKey.startsWith(key) ? PEOPLE.ada : undefined),
    })
  }

  static async start(options: Partial<GitHostOptions> = {}): Promise<GitFixture> {
    const fixture = new GitFixture(await mkdtemp(join(tmpdir(), 'slipway-git-host-')), options)
    await fixture.#http.start(0)
    await fixture.#ssh.start(0)
    return fixture
  }

  async stop(): Promise<void> {
    await Promise.all([this.#http.stop(), this.#ssh.stop()])
    await rm(this.folder, { recursive: true, force: true })
  }

  httpUrl(path: string, user = 'ada', password = 'secret'): string {
    return `http://${user}:${password}@127.0.0.1:${this.#http.address().port}/git/${path}`
  }

  httpPort(): number {
    return this.#http.address().port
  }

  sshUrl(path: string): string {
    return `ssh://git@127.0.0.1:${this.#ssh.address().port}/${path}`
  }

  sshPort(): number {
    return this.#ssh.address().port
  }

  /** Writes a key where OpenSSH takes it from, and answers what GIT_SSH_COMMAND must be to use it. */
  async sshCommand({ privateKey }: SshKey): Promise<string> {
    const file = join(this.folder, `key-${Math.random().toString(36).slice(2)}`)
    await writeFile(file, privateKey)
    await chmod(file, 0o600)
    const knownHosts = join(this.folder, 'known_hosts')
    const [type, blob] = this.#hostKey.publicKey.split(' ')
    await writeFile(knownHosts, `[127.0.0.1]:${this.#ssh.address().port} ${type} ${blob}\n`)
    return `ssh -F none -i ${file} -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile=${knownHosts} -o BatchMode=yes`
  }

  git(args: string[], options: { cwd?: string; key?: string; env?: Record<string, string> } = {}): Promise<Outcome> {
    const identity = {
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    }
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: this.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...identity,
      ...(options.key && { GIT_SSH_COMMAND: options.key }),
      ...options.env,
    }
    return new Promise((resolve) => {
      execFile(
        'git',
        args,
        { cwd: options.cwd ?? this.folder, env },
        (error: ExecFileException | null, stdout, stderr) =>
          resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      )
    })
  }

  /** A work tree with one commit on `master`. */
  async workTree(name: string, files: Record<string, string> = { 'README.md': '# app\n' }): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(path, { recursive: true })
    await this.git(['init', '-q', '-b', 'master', path])
    await this.commit(path, files)
    return path
  }

  async commit(path: string, files: Record<string, string>): Promise<string> {
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text)
    await this.git(['add', '-A'], { cwd: path })
    await this.git(['commit', '-q', '--allow-empty', '-m', Object.keys(files).join()], { cwd: path })
    return (await this.git(['rev-parse', 'HEAD'], { cwd: path })).stdout.trim()
  }
}

import { createHash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { SlipwayError, TransientError, UserError } from '@slipway/errors'
import { isValidRefName, writeGitCommand } from '@slipway/git-format'
import type { ClientChannel } from 'ssh2'
import { gitError, isDamage } from './git-error.ts'
import { type GitRun, runGit, startGit } from './git-process.ts'
import { applyAliases, parseRemoteUrl, type RemoteUrl, withoutCredentials } from './remote-url.ts'
import { type SshCredentials, SshPool, type SshPoolOptions } from './ssh-pool.ts'
import { parseTree, readBatch, type TreeEntry } from './tree.ts'

export type GitCredentials =
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'bearer'; token: string }
  | ({ kind: 'ssh' } & SshCredentials)

/** What to fetch. `name` is a full ref such as `refs/heads/master`; a commit must be a whole id. */
export type RemoteTarget = { branch: string } | { tag: string } | { name: string } | { commit: string }

export interface GitClientOptions extends SshPoolOptions {
  /** Holds a bare cache per remote; it may be removed at any time when no client uses it. */
  folder: string
  /** Prefixes of URLs and what stands for them; the longest wins. */
  aliases?: Record<string, string>
  /** For git's own HTTP client, such as `https_proxy` or `GIT_SSL_CAINFO`. */
  environment?: Record<string, string>
}

export interface FetchOptions {
  credentials?: GitCredentials
  /** Milliseconds. @default 60000 */
  timeout?: number
  signal?: AbortSignal
}

export interface RemoteRef {
  name: string
  id: string
  /** The object that an annotated tag points to. */
  peeled?: string
}

export interface CommitInfo {
  id: string
  author: string
  email: string
  /** First line of the message. */
  subject: string
  /** RFC 3339, of the committer. */
  time: string
}

const FETCHED = 'refs/fetched/'
const DEFAULT_TIMEOUT = 60_000
/** Fetches between two looks at whether a cache needs packing. */
const TIDY_EVERY = 100

/**
 * Fetches from git remotes into bare caches and reads them. Errors: GIT_AUTH_FAILED, GIT_REPOSITORY_NOT_FOUND, GIT_REF_NOT_FOUND,
 * GIT_URL_UNSUPPORTED, GIT_HOST_KEY_UNKNOWN (UserError); GIT_UNREACHABLE, GIT_TIMEOUT, GIT_FAILED (TransientError).
 */
export class GitClient {
  readonly #options: GitClientOptions
  readonly #ssh: SshPool
  readonly #queues = new Map<string, Promise<unknown>>()
  readonly #ready = new Map<string, Promise<void>>()
  readonly #fetches = new Map<string, number>()

  constructor(options: GitClientOptions) {
    this.#options = options
    this.#ssh = new SshPool(options)
  }

  /** Closes the connections that are kept for later. */
  close(): Promise<void> {
    return this.#ssh.close()
  }

  /** A URL as it will be connected to: aliases applied, credentials taken out. */
  resolveUrl(url: string): string {
    return this.#remote(url).url
  }

  /** Brings the target and its history into the cache of the URL; resolves to its commit. Nothing is sent when it is there already. */
  async fetch(url: string, target: RemoteTarget, options: FetchOptions = {}): Promise<string> {
    const remote = this.#remote(url)
    const ref = refOf(target)
    const cache = this.#cache(remote)
    return this.#alone(cache, async () => {
      await this.#prepare(cache)
      if ('commit' in target && (await this.#has(cache, target.commit))) return target.commit
      const local = localRef(ref)
      const args = [
        'fetch',
        '--quiet',
        '--force',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-recurse-submodules',
        '--no-show-forced-updates',
        '--no-auto-maintenance',
      ]
      try {
        await this.#transfer(
          remote,
          { repository: cache, args: [...args, '--', '{remote}', `+${ref}:${local}`] },
          options,
        )
      } catch (error) {
        if (!(error instanceof SlipwayError) || !isDamage(error.message)) throw error
        // A cache can always be made anew.
        await this.#forget(cache)
        await this.#prepare(cache)
        await this.#transfer(
          remote,
          { repository: cache, args: [...args, '--', '{remote}', `+${ref}:${local}`] },
          options,
        )
      }
      await this.#tidyNowAndThen(cache)
      return this.#commitOf(url, join(cache, local), 'tag' in target || 'name' in target)
    })
  }

  /** The remote's refs that begin with one of the prefixes; without any, all of them. */
  async resolveRemote(url: string, prefixes: string[] = [], options: FetchOptions = {}): Promise<RemoteRef[]> {
    const remote = this.#remote(url)
    const cache = this.#cache(remote)
    await this.#prepare(cache)
    const patterns = prefixes.map((prefix) => `${prefix}*`)
    const output = await this.#transfer(
      remote,
      { repository: cache, args: ['ls-remote', '--quiet', '--', '{remote}', ...patterns] },
      options,
    )
    return parseRefs(output.toString('utf8'))
  }

  /** Every file of a fetched commit, in git's order. */
  async listTree(url: string, commit: string): Promise<TreeEntry[]> {
    return parseTree(
      (await this.#read(url, ['ls-tree', '-r', '-z', '--long', '--full-tree', commit, '--'])).toString('utf8'),
    )
  }

  /** The contents of blobs that were fetched, in the order of their ids; one at a time is in memory. */
  async *readBlobs(url: string, ids: string[]): AsyncGenerator<Buffer> {
    const git = startGit({ repository: this.#cache(this.#remote(url)), args: ['cat-file', '--batch', '--buffer'] })
    git.stdin.end(ids.map((id) => `${id}\n`).join(''))
    try {
      yield* readBatch(git.stdout)
    } finally {
      git.kill()
    }
    const { status, stderr } = await git.ended
    if (status !== 0) throw gitError(url, stderr)
  }

  /** One file of a fetched commit; undefined when the commit has none there. */
  async readFile(url: string, commit: string, path: string): Promise<Buffer | undefined> {
    const listing = await this.#read(url, [
      '--literal-pathspecs',
      'ls-tree',
      '-z',
      '--long',
      '--full-tree',
      commit,
      '--',
      path,
    ])
    const entry = /^\d+ blob (\S+)/.exec(listing.toString('utf8'))
    if (!entry?.[1]) return undefined
    return this.#read(url, ['cat-file', 'blob', entry[1]])
  }

  /** Who made a fetched commit, when and why. */
  async commitInfo(url: string, commit: string): Promise<CommitInfo> {
    const output = await this.#read(url, [
      'log',
      '-1',
      '--no-show-signature',
      '--format=%H%x00%an%x00%ae%x00%s%x00%cI',
      commit,
      '--',
    ])
    const [id = '', author = '', email = '', subject = '', time = ''] = output.toString('utf8').trimEnd().split('\0')
    return { id, author, email, subject, time }
  }

  /** Paths that differ between two fetched commits; a rename counts as both paths. */
  async changedPaths(url: string, oldCommit: string, newCommit: string): Promise<string[]> {
    const output = await this.#read(url, [
      'diff-tree',
      '-r',
      '-z',
      '--name-only',
      '--no-renames',
      oldCommit,
      newCommit,
      '--',
    ])
    return output.toString('utf8').split('\0').filter(Boolean)
  }

  #remote(url: string): RemoteUrl {
    return parseRemoteUrl(applyAliases(url, this.#options.aliases ?? {}))
  }

  #cache(remote: RemoteUrl): string {
    const location = remote.kind === 'ssh' ? `${remote.user}@${remote.host}:${remote.port}/${remote.path}` : remote.url
    return join(this.#options.folder, `${createHash('sha256').update(location).digest('hex').slice(0, 40)}.git`)
  }

  /** One writer per cache; readers need no lock, because objects are only added. */
  #alone<T>(cache: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(cache) ?? Promise.resolve()).then(task, task)
    const settled = turn.then(
      () => {},
      () => {},
    )
    this.#queues.set(cache, settled)
    void settled.then(() => {
      if (this.#queues.get(cache) === settled) this.#queues.delete(cache)
    })
    return turn
  }

  #prepare(cache: string): Promise<void> {
    let ready = this.#ready.get(cache)
    if (!ready) {
      ready = this.#initialize(cache)
      this.#ready.set(cache, ready)
      ready.catch(() => this.#ready.delete(cache))
    }
    return ready
  }

  async #initialize(cache: string): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true })
    const { status, stderr } = await runGit({
      repository: cache,
      args: ['init', '--quiet', '--bare', '--template=', cache],
    })
    if (status !== 0) throw new TransientError('GIT_FAILED', `the cache ${cache} cannot be made: ${stderr.trim()}`)
  }

  async #forget(cache: string): Promise<void> {
    this.#ready.delete(cache)
    await rm(cache, { recursive: true, force: true })
  }

  async #has(cache: string, commit: string): Promise<boolean> {
    const { status } = await runGit({
      repository: cache,
      args: ['rev-parse', '--quiet', '--verify', localRef(commit)],
    })
    return status === 0
  }

  /** What a ref of the cache points to; its file is read where it can be, which saves a process. Only tags need peeling. */
  async #commitOf(url: string, file: string, mayBeTag: boolean): Promise<string> {
    if (!mayBeTag) {
      const text = await readFile(file, 'latin1').catch(() => '')
      if (/^([0-9a-f]{40}|[0-9a-f]{64})\n$/.test(text)) return text.trimEnd()
    }
    const ref = `${FETCHED}${basename(file)}`
    return (await this.#read(url, ['rev-parse', '--verify', `${ref}^{commit}`])).toString('utf8').trim()
  }

  async #tidyNowAndThen(cache: string): Promise<void> {
    const fetches = (this.#fetches.get(cache) ?? 0) + 1
    this.#fetches.set(cache, fetches % TIDY_EVERY)
    if (fetches < TIDY_EVERY) return
    await runGit({ repository: cache, args: ['gc', '--auto', '--quiet'], config: { 'gc.autoDetach': 'false' } })
  }

  async #read(url: string, args: string[]): Promise<Buffer> {
    const { status, stdout, stderr } = await runGit({ repository: this.#cache(this.#remote(url)), args })
    if (status !== 0) throw gitError(url, stderr)
    return stdout
  }

  /** Runs git against the remote, whose place in the arguments is `{remote}`. */
  async #transfer(remote: RemoteUrl, run: GitRun, options: FetchOptions): Promise<Buffer> {
    const timeout = options.timeout ?? DEFAULT_TIMEOUT
    const limit = AbortSignal.timeout(timeout)
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit
    try {
      return remote.kind === 'ssh'
        ? await this.#overSsh(remote, { ...run, signal }, options.credentials)
        : await this.#overHttp(remote, { ...run, signal }, options.credentials)
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      if (limit.aborted) throw new TransientError('GIT_TIMEOUT', `${remote.url}: no answer within ${timeout / 1000} s`)
      throw error
    }
  }

  async #overHttp(
    remote: Extract<RemoteUrl, { kind: 'http' }>,
    run: GitRun,
    credentials: GitCredentials | undefined,
  ): Promise<Buffer> {
    const authorization = authorizationOf(remote, credentials)
    const { status, stdout, stderr } = await runGit({
      ...run,
      args: run.args.map((arg) => (arg === '{remote}' ? remote.url : arg)),
      ...(this.#options.environment && { environment: this.#options.environment }),
      config: authorization ? { [`http.${remote.origin}/.extraHeader`]: `Authorization: ${authorization}` } : {},
    })
    if (status !== 0) throw gitError(remote.url, stderr)
    return stdout
  }

  /** git speaks over file descriptor 3 (git-remote-fd(1)), whose other end is a channel of a connection that is open already. */
  async #overSsh(
    remote: Extract<RemoteUrl, { kind: 'ssh' }>,
    run: GitRun,
    credentials: GitCredentials | undefined,
  ): Promise<Buffer> {
    if (credentials?.kind !== 'ssh') {
      throw new UserError('GIT_AUTH_FAILED', `${remote.url}: an SSH key is needed (identity, known_hosts)`)
    }
    const command = writeGitCommand({ service: 'git-upload-pack', path: remote.path })
    const channel = await this.#ssh.exec(remote, credentials, command)
    const said = messagesOf(channel)
    const git = startGit({ ...run, channel: true, args: run.args.map((arg) => (arg === '{remote}' ? 'fd::3' : arg)) })
    git.stdin.end()
    try {
      if (git.channel) joinStreams(git.channel, channel)
      const chunks: Buffer[] = []
      for await (const chunk of git.stdout as AsyncIterable<Buffer>) chunks.push(chunk)
      const { status, stderr } = await git.ended
      // What the other side says is nearer to the cause than git's "unexpected disconnect".
      if (status !== 0) throw gitError(remote.url, `${said()}${stderr}`)
      return Buffer.concat(chunks)
    } finally {
      git.channel?.destroy()
      channel.destroy()
    }
  }
}

/** Connects two streams in both directions; the end or failure of one ends the other. */
function joinStreams(near: Duplex, far: Duplex): void {
  // git closes the direction in which it has said everything, and still reads the other.
  near.allowHalfOpen = true
  near.on('error', () => far.destroy())
  far.on('error', () => near.destroy())
  far.on('close', () => near.end())
  near.pipe(far)
  far.pipe(near)
}

function messagesOf(channel: ClientChannel): () => string {
  let text = ''
  channel.stderr.on('data', (chunk: Buffer) => {
    if (text.length < 4096) text += chunk.toString('utf8')
  })
  return () => text
}

function authorizationOf(
  { username, password }: Extract<RemoteUrl, { kind: 'http' }>,
  credentials: GitCredentials | undefined,
): string | undefined {
  if (credentials?.kind === 'bearer') return `Bearer ${credentials.token}`
  const basic = credentials?.kind === 'basic' ? credentials : password ? { username, password } : undefined
  return basic && `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`
}

function refOf(target: RemoteTarget): string {
  if ('commit' in target) {
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(target.commit)) {
      throw new UserError('GIT_REF_NOT_FOUND', `'${target.commit}' is no whole commit id`)
    }
    return target.commit
  }
  const ref =
    'branch' in target ? `refs/heads/${target.branch}` : 'tag' in target ? `refs/tags/${target.tag}` : target.name
  if (!isValidRefName(ref)) throw new UserError('GIT_REF_NOT_FOUND', `'${withoutCredentials(ref)}' can be no ref name`)
  return ref
}

/** Where the cache keeps what it fetched: flat, because `a` and `a/b` may both have been branches at some time. */
function localRef(ref: string): string {
  return `${FETCHED}${createHash('sha256').update(ref).digest('hex').slice(0, 40)}`
}

/** The output of `git ls-remote`: `id<TAB>name`, and `name^{}` for what an annotated tag points to. */
function parseRefs(output: string): RemoteRef[] {
  const refs = new Map<string, RemoteRef>()
  for (const line of output.split('\n').filter(Boolean)) {
    const [id = '', name = ''] = line.split('\t')
    const tag = refs.get(name.replace(/\^\{\}$/, ''))
    if (name.endsWith('^{}') && tag) tag.peeled = id
    else refs.set(name, { name, id })
  }
  return [...refs.values()]
}

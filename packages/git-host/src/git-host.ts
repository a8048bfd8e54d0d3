import type { Writable } from 'node:stream'
import { messageOf, UserError } from '@slipway/errors'
import { fitsBranch, isZeroId, ReceivePackRequestReader, type RefUpdate, writeRefusal } from '@slipway/git-format'
import { exchange, replay } from './exchange.ts'
import { type GitProcess, type GitSettings, startGit } from './git-process.ts'
import { DEFAULT_LIMITS, type GitHostLimits, Turnstile } from './limits.ts'
import { PreparedUploads } from './prepared-uploads.ts'
import { PushReport } from './push-report.ts'
import { refusalsOf } from './push-rules.ts'
import { RepositoryFolder } from './repository-folder.ts'

export interface DeployKey {
  name: string
  /** One line of OpenSSH's format: type, base64, comment. */
  publicKey: string
  access: 'read' | 'write'
}

/** How one repository is served. */
export interface HostedRepository {
  /** As in URLs; the case is kept and does not matter. */
  name: string
  /** @default 'master' */
  defaultBranch?: string
  deployKeys?: DeployKey[]
  /** Names below refs/heads that can be neither deleted nor force-pushed; `*` stands for any characters but a slash. */
  protectedBranches?: string[]
}

/** Refs that a push has really moved. */
export interface PushEvent {
  repository: string
  updates: RefUpdate[]
  /** Name of the identity or deploy key. */
  by: string
  /** RFC 3339 with milliseconds. */
  at: string
}

export interface GitHostOptions {
  /** Holds the bare repositories, `<name>.git` each. */
  folder: string
  limits?: GitHostLimits
  /** Told of failures that concern no client, such as a listener's. */
  onError?: (error: unknown) => void
}

export type GitService = 'git-upload-pack' | 'git-receive-pack' | 'git-upload-archive'

/** One request of a client, whichever transport carries it. */
export interface GitExchange {
  repository: HostedRepository
  input: AsyncIterator<Uint8Array>
  output: Writable
  messages?: Writable
  /** Sent before git's own answer. */
  preamble?: Uint8Array
  /** Git-Protocol header or GIT_PROTOCOL variable. */
  protocol?: string | undefined
  /** Whether the client has closed its side before it reads the answer, as HTTP does. */
  stateless: boolean
}

/** What a client sends as GIT_PROTOCOL when it fetches with git's protocol version 2. */
const PREPARED_PROTOCOL = 'version=2'
/** Pushes between two looks at whether a repository needs housekeeping. */
const TIDY_EVERY = 100

/** Bare repositories served by the real git, for the transports {@link gitRoutes} and {@link GitSshServer}. */
export class GitHost {
  readonly folder: RepositoryFolder
  readonly #limits: Required<GitHostLimits>
  readonly #turnstile: Turnstile
  readonly #onError: (error: unknown) => void
  readonly #repositories = new Map<string, HostedRepository>()
  readonly #listeners = new Set<(event: PushEvent) => void>()
  readonly #pushes = new Map<string, number>()
  readonly #uploads = new PreparedUploads()

  constructor(options: GitHostOptions) {
    this.folder = new RepositoryFolder(options.folder)
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#turnstile = new Turnstile(this.#limits.processes, this.#limits.waiting)
    this.#onError = options.onError ?? (() => {})
  }

  /** Serves a repository from now on, or changes how; it is created on disk when first needed. */
  serve(repository: HostedRepository): void {
    this.#repositories.set(repository.name.toLowerCase(), repository)
  }

  /** Stops serving a repository; its data stays. */
  withdraw(name: string): void {
    this.#repositories.delete(name.toLowerCase())
    this.#uploads.drop(name.toLowerCase())
  }

  find(name: string): HostedRepository | undefined {
    return this.#repositories.get(name.toLowerCase())
  }

  repositories(): HostedRepository[] {
    return [...this.#repositories.values()]
  }

  /** Tells of every push from now on, right after its refs have moved. Returns a function that ends it. */
  onPush(listener: (event: PushEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sends the refs and capabilities that open an exchange (`--advertise-refs`). */
  advertise(request: GitExchange, service: GitService): Promise<number> {
    return this.#run(request, [service, '--advertise-refs'])
  }

  /** Answers a fetch; the transport has checked that the caller may read. */
  uploadPack(request: GitExchange): Promise<number> {
    const { repository, stateless, protocol } = request
    const args = ['git-upload-pack', '--strict', ...(stateless ? ['--stateless-rpc'] : [])]
    // A process that waits has greeted in version 2 already.
    if (stateless || protocol !== PREPARED_PROTOCOL) return this.#run(request, args)
    return this.#run(request, args, { process: () => this.#uploads.take(repository.name.toLowerCase()) })
  }

  /** Answers `git archive --remote`. */
  uploadArchive(request: GitExchange): Promise<number> {
    return this.#run(request, ['git-upload-archive'])
  }

  /**
   * Takes a push in, as `by`; the transport has checked that the caller may write. The commands are read and judged before git
   * runs, so receive-pack always runs as after an advertisement of its own (`--stateless-rpc`), over SSH too.
   */
  async receivePack(request: GitExchange, by: string): Promise<number> {
    const { repository, input, output } = request
    const reader = new ReceivePackRequestReader(this.#limits.commandsSize)
    const chunks: Uint8Array[] = []
    let push: ReturnType<ReceivePackRequestReader['push']>
    while (!push) {
      const { done, value } = await input.next()
      if (done) return 0
      chunks.push(value)
      push = reader.push(value)
    }
    if (push.updates.length === 0) return 0
    const protectedBranches = repository.protectedBranches ?? []
    const refusals = refusalsOf(push.updates, protectedBranches)
    if (refusals.size > 0) return this.#refuse(request, writeRefusal(refusals, push.capabilities))

    const strict = push.updates.some(({ ref }) => fitsBranch(ref, protectedBranches))
    const config = {
      'receive.maxInputSize': String(this.#limits.pushSize),
      ...(strict && { 'receive.denyNonFastForwards': 'true' }),
    }
    const report = new PushReport(push, (updates) => this.#tell(repository.name, updates, by))
    const running = this.#run(
      { ...request, input: replay(chunks, input), output },
      ['git-receive-pack', '--stateless-rpc'],
      { config, committer: by, tap: (chunk) => report.push(chunk) },
    )
    // Once receive-pack has its request, and works.
    setImmediate(() => this.#prepareUpload(repository))
    const status = await running
    if (report.wanted) report.end()
    else this.#tell(repository.name, await this.#moved(repository.name, push.updates), by)
    return status
  }

  #tell(repository: string, updates: RefUpdate[], by: string): void {
    if (updates.length === 0) return
    const event = { repository, updates, by, at: new Date().toISOString() }
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#onError(error)
      }
    }
    this.#tidyNowAndThen(repository)
  }

  #prepareUpload({ name }: HostedRepository): void {
    const args = ['upload-pack', '--strict', this.folder.path(name)]
    this.#uploads.prepare(name.toLowerCase(), () => startGit(args, { protocol: PREPARED_PROTOCOL }))
  }

  /** Over HTTP the answer follows the whole request; over SSH the client ends its side only when it has the answer. */
  async #refuse({ input, output, stateless }: GitExchange, answer: Uint8Array): Promise<number> {
    if (!stateless) output.write(answer)
    let size = 0
    for (let next = await input.next(); !next.done; next = await input.next()) {
      size += next.value.length
      if (size > this.#limits.pushSize) {
        output.destroy()
        return 1
      }
    }
    if (stateless) output.write(answer)
    return 0
  }

  #run(
    request: GitExchange,
    [service = '', ...args]: string[],
    extra: GitSettings & { tap?: (chunk: Uint8Array) => void; process?: () => GitProcess | undefined } = {},
  ): Promise<number> {
    const { repository, input, output, messages, protocol } = request
    const { tap, process: prepared, ...settings } = extra
    return this.#turnstile.run(async () => {
      await this.folder.ensure(repository.name, repository.defaultBranch ?? 'master')
      // The client may have left while it waited for its turn.
      if (output.destroyed) return 1
      if (request.preamble) output.write(request.preamble)
      const program = service.replace(/^git-/, '')
      const process =
        prepared?.() ?? startGit([program, ...args, this.folder.path(repository.name)], { ...settings, protocol })
      return exchange({
        process,
        input: replay([], input),
        output,
        idleTimeout: this.#limits.idleTimeout,
        // receive-pack counts for itself (receive.maxInputSize), so that the client learns why.
        ...(!tap && { inputLimit: this.#limits.fetchRequestSize }),
        ...(messages && { messages }),
        ...(tap && { tap }),
        onFailure: (words) => this.#onError(requestError(program, this.folder.path(repository.name), words)),
      })
    })
  }

  /** For clients that want no report: what the refs say now. */
  async #moved(repository: string, updates: RefUpdate[]): Promise<RefUpdate[]> {
    const commits = new Map((await this.folder.refs(repository)).map(({ name, commit }) => [name, commit]))
    return updates.filter(({ ref, newId }) => (isZeroId(newId) ? !commits.has(ref) : commits.get(ref) === newId))
  }

  #tidyNowAndThen(repository: string): void {
    const pushes = (this.#pushes.get(repository) ?? 0) + 1
    this.#pushes.set(repository, pushes % TIDY_EVERY)
    if (pushes < TIDY_EVERY) return
    this.folder
      .tidy(repository)
      .catch((error) => this.#onError(new Error(`git gc of ${repository}: ${messageOf(error)}`, { cause: error })))
  }
}

/** Clients see little of it: over HTTP git's words go nowhere. */
function requestError(program: string, path: string, words: string): UserError {
  const lines = words.split('\n').filter((line) => line !== '')
  return new UserError('GIT_REQUEST_FAILED', `git ${program} of ${path}: ${lines.join('; ') || 'no word of why'}`, {
    hint: `git --git-dir ${path} fsck shows what is damaged, if anything is`,
  })
}

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SlipwayError, UserError } from '@slipway/errors'
import { isValidRefName } from '@slipway/git-format'
import { BareCache, localRef } from './bare-cache.ts'
import { fetchStep } from './fetch-step.ts'
import { gitError, isDamage } from './git-error.ts'
import { type CommitInfo, parseCommit } from './git-objects.ts'
import { runGit } from './git-process.ts'
import { type FetchOptions, RemoteTransfer, type RemoteTransferOptions } from './remote-transfer.ts'
import { applyAliases, parseRemoteUrl, type RemoteUrl, withoutCredentials } from './remote-url.ts'
import { findFile, listTree, type TreeEntry } from './tree.ts'

/** What to fetch. `name` is a full ref such as `refs/heads/master`; a commit must be a whole id. */
export type RemoteTarget = { branch: string } | { tag: string } | { name: string } | { commit: string }

export interface GitClientOptions extends RemoteTransferOptions {
  /** Holds a bare cache per remote; it may be removed at any time when no client uses it. */
  folder: string
  /** Prefixes of URLs and what stands for them; the longest wins. */
  aliases?: Record<string, string>
}

/**
 * Fetches from git remotes into bare caches and reads them. Errors: GIT_AUTH_FAILED, GIT_REPOSITORY_NOT_FOUND, GIT_REF_NOT_FOUND,
 * GIT_URL_UNSUPPORTED, GIT_HOST_KEY_UNKNOWN, GIT_TREE_INVALID, GIT_TREE_TOO_LARGE (UserError); GIT_UNREACHABLE, GIT_TIMEOUT,
 * GIT_CACHE_DAMAGED, GIT_FAILED (TransientError).
 */
export class GitClient {
  readonly #options: GitClientOptions
  readonly #transfer: RemoteTransfer
  readonly #caches = new Map<string, BareCache>()

  constructor(options: GitClientOptions) {
    this.#options = options
    this.#transfer = new RemoteTransfer(options)
  }

  /** Closes the connections and ends the processes that are kept for later. */
  close(): Promise<void> {
    for (const cache of this.#caches.values()) cache.close()
    return this.#transfer.close()
  }

  /** Brings the target and its history into the cache of the URL; resolves to its commit. Nothing is sent when it is there already. */
  async fetch(url: string, target: RemoteTarget, options: FetchOptions = {}): Promise<string> {
    const remote = this.#remote(url)
    const ref = refOf(target)
    const cache = this.#cache(remote)
    return cache.alone(async () => {
      await cache.prepare()
      if ('commit' in target && (await holds(cache, target.commit))) return target.commit
      const commit =
        (await this.#fetchStep(remote, { cache, ref }, options)) ??
        (await this.#fetchAnything(remote, { cache, ref }, options))
      await cache.tidyNowAndThen()
      return commit
    })
  }

  /** Every file of a fetched commit, in git's order. */
  async listTree(url: string, commit: string): Promise<TreeEntry[]> {
    const cache = this.#cache(this.#remote(url))
    const { tree } = await readCommit(cache, commit)
    try {
      return await listTree(cache.objects, tree)
    } catch (error) {
      throw await cache.judge(error)
    }
  }

  /** The contents of blobs that were fetched, in the order of their ids; a few small ones or one large one are in memory. */
  async *readBlobs(url: string, ids: string[]): AsyncGenerator<Buffer> {
    const cache = this.#cache(this.#remote(url))
    try {
      yield* cache.objects.readAll(ids)
    } catch (error) {
      throw await cache.judge(error)
    }
  }

  /** One file of a fetched commit; undefined when the commit has none there. */
  async readFile(url: string, commit: string, path: string): Promise<Buffer | undefined> {
    const cache = this.#cache(this.#remote(url))
    const { tree } = await readCommit(cache, commit)
    try {
      const id = await findFile(cache.objects, tree, path)
      return id === undefined ? undefined : (await cache.objects.read(id)).content
    } catch (error) {
      throw await cache.judge(error)
    }
  }

  /** Who made a fetched commit, when and why. */
  async commitInfo(url: string, commit: string): Promise<CommitInfo> {
    const { tree: _, ...info } = await readCommit(this.#cache(this.#remote(url)), commit)
    return info
  }

  #remote(url: string): RemoteUrl {
    return parseRemoteUrl(applyAliases(url, this.#options.aliases ?? {}))
  }

  #cache(remote: RemoteUrl): BareCache {
    const location = remote.kind === 'ssh' ? `${remote.user}@${remote.host}:${remote.port}/${remote.path}` : remote.url
    const name = `${createHash('sha256').update(location).digest('hex').slice(0, 40)}.git`
    let cache = this.#caches.get(name)
    if (!cache) {
      cache = new BareCache(join(this.#options.folder, name))
      this.#caches.set(name, cache)
    }
    return cache
  }

  /** Undefined when it takes git; see {@link fetchStep}. */
  async #fetchStep(remote: RemoteUrl, { cache, ref }: Fetch, options: FetchOptions): Promise<string | undefined> {
    const have = await cache.looseRef(localRef(ref))
    if (have === undefined || remote.kind !== 'ssh' || !ref.startsWith('refs/heads/')) return undefined
    return this.#transfer.talk(remote, options, (channel) =>
      // Whatever it is, git has the better words for it.
      fetchStep(channel, cache, { ref, have }).catch(() => undefined),
    )
  }

  async #fetchAnything(remote: RemoteUrl, { cache, ref }: Fetch, options: FetchOptions): Promise<string> {
    const run = { repository: cache.folder, args: [...FETCH, '--', '{remote}', `+${ref}:${localRef(ref)}`] }
    try {
      await this.#transfer.run(remote, run, options)
    } catch (error) {
      await cache.removeHalves()
      if (!(error instanceof SlipwayError) || !isDamage(error.message)) throw error
      // A cache can always be made anew.
      await cache.forget()
      await cache.prepare()
      await this.#transfer.run(remote, run, options)
    }
    const local = localRef(ref)
    return (ref.startsWith('refs/heads/') && (await cache.looseRef(local))) || revParse(cache, `${local}^{commit}`)
  }
}

interface Fetch {
  cache: BareCache
  ref: string
}

const FETCH = [
  'fetch',
  '--quiet',
  '--force',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--no-show-forced-updates',
  '--no-auto-maintenance',
]

async function holds(cache: BareCache, commit: string): Promise<boolean> {
  const local = localRef(commit)
  if ((await cache.looseRef(local)) !== undefined) return true
  return revParse(cache, local).then(
    () => true,
    () => false,
  )
}

async function revParse(cache: BareCache, name: string): Promise<string> {
  const args = ['rev-parse', '--quiet', '--verify', name]
  const { status, stdout, stderr } = await runGit({ repository: cache.folder, args })
  if (status !== 0) throw gitError(cache.folder, stderr)
  return stdout.toString('latin1').trim()
}

async function readCommit(cache: BareCache, id: string): Promise<CommitInfo & { tree: string }> {
  return parseCommit(id, (await cache.objects.read(id)).content)
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

import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BugError } from '@slipway/errors'
import { isValidRepositoryName } from '@slipway/git-format'
import { runGit } from './git-process.ts'
import { readRefs } from './ref-files.ts'

/** A ref on disk and who moved it last, as far as its reflog tells. */
export interface StoredRef {
  name: string
  commit: string
  /** RFC 3339. */
  pushedAt?: string
  pushedBy?: string
}

// core.fsync: an acknowledged push survives a power cut. logAllRefUpdates: who pushed what and when, kept by git itself.
// receive.autoGc: housekeeping is started by the host, which knows its processes; git would leave one in the background.
const CONFIGURATION = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logAllRefUpdates = always
	fsync = committed,reference
[http]
	receivepack = true
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
[receive]
	fsckObjects = true
	autoGc = false
[gc]
	autoDetach = false
`

/** The bare repositories under one folder, `<name>.git` each. Names must have passed {@link isValidRepositoryName}. */
export class RepositoryFolder {
  readonly #folder: string
  readonly #ready = new Map<string, Promise<void>>()
  readonly #seen = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  path(name: string): string {
    if (!isValidRepositoryName(name)) throw new BugError('REPOSITORY_NAME_INVALID', `${name} is no repository name`)
    return join(this.#folder, `${name}.git`)
  }

  /** Creates the repository unless it is there, and points its HEAD at the default branch. */
  ensure(name: string, defaultBranch: string): Promise<void> {
    const key = `${name}\0${defaultBranch}`
    let ready = this.#ready.get(key)
    if (!ready) {
      ready = this.#ensure(name, defaultBranch)
      this.#ready.set(key, ready)
      ready.catch(() => this.#ready.delete(key))
    }
    return ready
  }

  async #ensure(name: string, defaultBranch: string): Promise<void> {
    const path = this.path(name)
    await mkdir(this.#folder, { recursive: true })
    const current = await readFile(join(path, 'HEAD'), 'utf8').catch(() => undefined)
    if (current === undefined) await this.#create(path, defaultBranch)
    // At the first look only: later, locks and readers of the configuration are alive.
    if (!this.#seen.has(name)) {
      await completeFolder(path)
      await removeStaleLocks(path)
      await replaceFile(join(path, 'config'), CONFIGURATION)
      this.#seen.add(name)
    }
    // Not by git: without a HEAD that can be read it takes the folder for no repository.
    const head = `ref: refs/heads/${defaultBranch}\n`
    if (current !== head) await replaceFile(join(path, 'HEAD'), head)
  }

  /** A whole repository or none: it is made aside and renamed. */
  async #create(path: string, defaultBranch: string): Promise<void> {
    const aside = await mkdtemp(join(this.#folder, '.new-'))
    await runGit(['init', '--quiet', '--bare', '--template=', `--initial-branch=${defaultBranch}`, aside])
    try {
      await rename(aside, path)
    } catch (error) {
      await rm(aside, { recursive: true, force: true })
      // Another request created it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
    }
  }

  /** Removes the repository and all it holds. */
  async remove(name: string): Promise<void> {
    this.#seen.delete(name)
    for (const key of this.#ready.keys()) if (key.startsWith(`${name}\0`)) this.#ready.delete(key)
    await rm(this.path(name), { recursive: true, force: true })
  }

  /** Every ref, in order of name. */
  async refs(name: string): Promise<StoredRef[]> {
    const path = this.path(name)
    return Promise.all(
      [...(await readRefs(path))].map(async ([name, commit]) => ({
        name,
        commit,
        ...(await lastMove(join(path, 'logs', name), commit)),
      })),
    )
  }

  /** Packs loose objects when there are many of them (git-gc(1), --auto). */
  async tidy(name: string): Promise<void> {
    await runGit(['--git-dir', this.path(name), 'gc', '--auto', '--quiet'])
  }
}

/** Who moved a ref to the commit where it is, and when: the last line of its reflog, `old new name <email> seconds zone`. */
async function lastMove(reflog: string, commit: string): Promise<Pick<StoredRef, 'pushedAt' | 'pushedBy'>> {
  const text = await readFile(reflog, 'utf8').catch(() => '')
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  const found = /^\S+ (?<newId>\S+) (?<by>.*) <[^>]*> (?<seconds>\d+) /.exec(line)?.groups
  if (found?.newId !== commit) return {}
  return { pushedAt: new Date(Number(found.seconds) * 1000).toISOString(), pushedBy: found.by ?? '' }
}

/** The whole text or that of before: on a full disk a repository must not be served by git's defaults. */
async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

/** What git wants of a folder to take it for a repository (setup.c, is_git_directory); tools that copy files leave empty folders out. */
async function completeFolder(path: string): Promise<void> {
  for (const folder of ['objects', 'refs/heads']) await mkdir(join(path, folder), { recursive: true })
}

/** After a power cut a lock may be left behind, which would refuse every push to its ref for ever; no process of ours runs yet. */
async function removeStaleLocks(path: string): Promise<void> {
  const refs = await readdir(join(path, 'refs'), { recursive: true })
  const locks = [
    'HEAD.lock',
    'packed-refs.lock',
    ...refs.filter((file) => file.endsWith('.lock')).map((file) => join('refs', file)),
  ]
  await Promise.all(locks.map((file) => rm(join(path, file), { force: true })))
}

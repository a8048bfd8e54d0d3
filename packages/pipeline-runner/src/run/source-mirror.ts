import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, TransientError, UserError } from '@slipway/errors'
import { gitAuthEnvironment } from './git-auth.ts'
import type { RunnerOptions } from './options.ts'

/** A commit as a run needs it. */
export interface CommitContents {
  /** Its id, also where it was asked for by that of a tag. */
  commit: string
  message: string
  /** The file's text; absent when the commit has no such file. */
  text?: string
}

/** Bytes of a message and a file, or of the names of files, that are taken into memory. */
const MOST_OUTPUT = 16 * 1024 ** 2
/** What git says of a repository that it can't work with; ours are copies, which can be made anew. */
const DAMAGE = /not a git repository|bad object|is corrupt|is empty|bad config|missing (blob|tree|commit)|broken ref/i

/** Local bare copies of repositories, fetched over HTTP when something is asked for that is not there yet. */
export class SourceMirror {
  readonly #options: Pick<RunnerOptions, 'runsDir' | 'gitCloneUrl' | 'credentials' | 'env'>
  readonly #fetches = new Map<string, Promise<void>>()

  constructor(options: Pick<RunnerOptions, 'runsDir' | 'gitCloneUrl' | 'credentials' | 'env'>) {
    this.#options = options
  }

  /**
   * Message and file of a commit. Throws COMMIT_UNKNOWN when the git host has no such commit, PIPELINE_TOO_LARGE when the file is no
   * pipeline, SOURCE_UNAVAILABLE when the git host can't be reached.
   */
  async read(repository: string, commit: string, file: string): Promise<CommitContents> {
    const known = (await this.#exists(repository)) ? await this.#read(repository, commit, file) : undefined
    if (known) return known
    await this.#fetch(repository)
    const fetched = await this.#read(repository, commit, file)
    if (fetched) return fetched
    throw new UserError('COMMIT_UNKNOWN', `${repository} has no commit ${commit} any more`)
  }

  /** Paths that differ between two commits; from where the second one left the first when `sinceFork`. */
  async changedPaths(repository: string, from: string, to: string, sinceFork: boolean): Promise<string[] | undefined> {
    const range = sinceFork ? [`${from}...${to}`] : [from, to]
    const { code, stdout, isCut } = await this.#git(repository, ['diff', '--name-only', '-z', ...range])
    // Gone after a forced push, or very many: then every path counts as changed.
    if (code !== 0 || isCut) return undefined
    return stdout.toString().split('\0').filter(Boolean)
  }

  async #read(repository: string, commit: string, file: string): Promise<CommitContents | undefined> {
    const names = `${commit}^{commit}\n${commit}:${file}\n`
    const { stdout, isCut } = await this.#git(repository, ['cat-file', '--batch'], names)
    if (isCut) throw new UserError('PIPELINE_TOO_LARGE', `${file} of ${repository} at ${commit} is too large`)
    const [head, blob] = parseBatch(stdout)
    if (head?.type !== 'commit') return undefined
    const text = head.data.toString()
    const message = text.slice(text.indexOf('\n\n') + 2)
    return { commit: head.id, message, ...(blob?.type === 'blob' && { text: blob.data.toString() }) }
  }

  /** One fetch at a time; who comes while one goes on needs a later one, since that may have begun too early. */
  #fetch(repository: string): Promise<void> {
    const before = this.#fetches.get(repository) ?? Promise.resolve()
    const next = before.catch(() => {}).then(() => this.#fetchNow(repository))
    this.#fetches.set(repository, next)
    return next
  }

  async #fetchNow(repository: string): Promise<void> {
    let failure = await this.#fetchInto(repository)
    if (failure !== undefined && DAMAGE.test(failure)) {
      await rm(this.#folder(repository), { recursive: true, force: true })
      failure = await this.#fetchInto(repository)
    }
    if (failure === undefined) return
    throw new TransientError('SOURCE_UNAVAILABLE', `${repository} could not be fetched: ${failure.trim().slice(-500)}`)
  }

  /** What git says of it that it could not; undefined when it could. */
  async #fetchInto(repository: string): Promise<string | undefined> {
    const url = this.#options.gitCloneUrl(repository)
    if (!(await this.#exists(repository))) {
      await mkdir(this.#folder(repository), { recursive: true })
      const made = await this.#git(repository, ['init', '--quiet', '--bare', '--template=', '.'])
      if (made.code !== 0) return made.stderr
    }
    const env = gitAuthEnvironment(url, await this.#options.credentials())
    const args = ['fetch', '--quiet', '--prune', '--no-auto-gc', url, '+refs/*:refs/*']
    const { code, stderr } = await this.#git(repository, args, '', env)
    return code === 0 ? undefined : stderr
  }

  #folder(repository: string): string {
    // No run can have this name, since it begins with a dot.
    return join(this.#options.runsDir, '.sources', `${repository.toLowerCase()}.git`)
  }

  #exists(repository: string): Promise<boolean> {
    return stat(join(this.#folder(repository), 'HEAD')).then(
      () => true,
      () => false,
    )
  }

  async #git(
    repository: string,
    args: string[],
    input = '',
    env: Record<string, string> = {},
  ): Promise<{ code: number; stdout: Buffer; stderr: string; isCut: boolean }> {
    const child = spawn('git', args, {
      cwd: this.#folder(repository),
      env: { ...this.#options.env, GIT_TERMINAL_PROMPT: '0', ...env },
    })
    // It has no streams then, where file descriptors are what is missing.
    if (child.pid === undefined) {
      const [cause] = await once(child, 'error')
      throw new TransientError('SOURCE_UNAVAILABLE', `git could not be started: ${messageOf(cause)}`, { cause })
    }
    return new Promise((resolve) => {
      const stdout: Buffer[] = []
      let size = 0
      let stderr = ''
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MOST_OUTPUT) child.kill()
        else stdout.push(chunk)
      })
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk
      })
      child.on('close', (code) =>
        resolve({ code: code ?? 1, stdout: Buffer.concat(stdout), stderr, isCut: size > MOST_OUTPUT }),
      )
      child.stdin.on('error', () => {})
      child.stdin.end(input)
    })
  }
}

interface BatchObject {
  id: string
  type: string
  data: Buffer
}

/** `git cat-file --batch`: `<id> <type> <size>\n<data>\n`, or `<name> missing\n`. */
function parseBatch(output: Buffer): (BatchObject | undefined)[] {
  const objects: (BatchObject | undefined)[] = []
  let offset = 0
  while (offset < output.length) {
    const end = output.indexOf('\n', offset)
    if (end < 0) break
    const [, id, type, size] = /^(\S+) (\w+) (\d+)$/.exec(output.toString('utf8', offset, end)) ?? []
    offset = end + 1
    if (id === undefined || type === undefined) {
      objects.push(undefined)
      continue
    }
    objects.push({ id, type, data: output.subarray(offset, offset + Number(size)) })
    offset += Number(size) + 1
  }
  return objects
}

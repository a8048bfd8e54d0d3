import { readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, TransientError, UserError } from '@slipway/errors'
import type { Authenticator, Credentials, Identity } from '@slipway/http-server'
import { compare } from 'bcryptjs'
import { hashToken } from './token.ts'

/** Compared with when nobody has that name: the time of an answer must not tell who exists. */
const NOBODY = '$2b$05$EEWQstjib/miUVbkDt4MeOXPdQxbWmixNg/VY6Kt9Q20LBialFfZS'
/** More guesses than this at once are sent away. */
const WAITING_LIMIT = 64
/** Milliseconds after which a change of the file counts at the latest. */
const FRESH = 1_000

export interface HtpasswdOptions {
  /** Told of a file that is spoilt while it is in use; the users stay those that they were. */
  onError: (error: unknown) => void
  /** Milliseconds since 1970. @default Date.now */
  clock?: () => number
}

/** The users of a file that `htpasswd -B` writes. All may do everything, and the file is read again when it changes, as with Distribution. */
export class Htpasswd implements Authenticator {
  readonly #file: string
  readonly #onError: (error: unknown) => void
  readonly #clock: () => number
  #hashes = new Map<string, string>()
  #stamp = ''
  #checkedAt = 0
  /** Hashes of the names and passwords that were right: clients show them with every request. */
  readonly #proven = new Set<string>()
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  private constructor(file: string, { onError, clock = Date.now }: HtpasswdOptions) {
    this.#file = file
    this.#onError = onError
    this.#clock = clock
  }

  /** Throws UserError HTPASSWD_INVALID. */
  static async open(file: string, options: HtpasswdOptions): Promise<Htpasswd> {
    const users = new Htpasswd(file, options)
    await users.#refresh()
    return users
  }

  /** Whether nobody can get in. */
  get isEmpty(): boolean {
    return this.#hashes.size === 0
  }

  /** Throws TransientError LOGINS_BUSY when too many passwords are being checked. */
  async authenticate(credentials: Credentials): Promise<Identity | undefined> {
    if (credentials.kind !== 'basic') return undefined
    // A clock that was put back must not keep who was removed.
    if (Math.abs(this.#clock() - this.#checkedAt) >= FRESH) await this.#refresh().catch(this.#onError)
    const { username, password } = credentials
    const pair = hashToken(`${username}\0${password}`)
    if (!this.#proven.has(pair)) {
      const hash = this.#hashes.get(username)
      if (!(await this.#isPassword(password, hash ?? NOBODY)) || hash === undefined) return undefined
      this.#proven.add(pair)
    }
    return { name: username, role: 'admin' }
  }

  /** bcrypt is slow on purpose: guesses go one after the other, each with a pause as long as itself, in which others are served. */
  async #isPassword(password: string, hash: string): Promise<boolean> {
    if (this.#waiting >= WAITING_LIMIT) throw new TransientError('LOGINS_BUSY', 'too many logins are being checked')
    this.#waiting += 1
    const before = this.#last
    const turn = (async () => {
      await before
      const start = performance.now()
      const isRight = await compare(password, hash)
      return { isRight, took: performance.now() - start }
    })()
    this.#last = turn.then(({ took }) => sleep(took)).catch(() => {})
    try {
      return (await turn).isRight
    } finally {
      this.#waiting -= 1
    }
  }

  async #refresh(): Promise<void> {
    this.#checkedAt = this.#clock()
    try {
      const { mtimeMs, size, ino } = await stat(this.#file)
      const stamp = `${mtimeMs} ${size} ${ino}`
      if (stamp === this.#stamp) return
      this.#stamp = stamp
      this.#hashes = parse(await readFile(this.#file, 'utf8'), this.#file)
      this.#proven.clear()
    } catch (error) {
      throw error instanceof UserError ? error : invalid(this.#file, messageOf(error))
    }
  }
}

function parse(text: string, file: string): Map<string, string> {
  const hashes = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [, name, hash] = /^([^:]+):(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})\s*$/.exec(line) ?? []
    if (name === undefined || hash === undefined)
      throw invalid(file, 'a line is not NAME:HASH with a bcrypt hash', index + 1)
    hashes.set(name, hash)
  }
  return hashes
}

function invalid(file: string, why: string, line?: number): UserError {
  return new UserError('HTPASSWD_INVALID', `the file of users can't be used: ${why}`, {
    at: { file, ...(line !== undefined && { line }) },
    hint: 'write it with: htpasswd -B',
  })
}

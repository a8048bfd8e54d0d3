import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { UserError } from '@slipway/errors'
import tar from 'tar-stream'

/** Bytes of a packed build context. */
const SOURCE_LIMIT = 2 * 1024 * 1024 * 1024
const DOCKERFILE_LIMIT = 1024 * 1024
/** Milliseconds for which an upload waits for its build: as long as Azure's addresses are good. */
const PATIENCE = 3_600_000
const RELATIVE_PATH = /^source\/([0-9a-f-]{36})\.tar\.gz$/

/** Uploaded build contexts. Whoever holds a source's address may fill it, once: it is the credential, as Azure's SAS addresses are. */
export class Sources {
  readonly #dir: string
  readonly #key = randomBytes(32)
  /** Names of the files that wait for no build. */
  readonly #taken = new Set<string>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Sources of before are of no run any more. */
  static async open(dir: string): Promise<Sources> {
    const sources = new Sources(join(dir, 'sources'))
    await rm(sources.#dir, { recursive: true, force: true })
    await mkdir(sources.#dir, { recursive: true })
    return sources
  }

  /** A new place for a source. */
  offer(): { id: string; signature: string; relativePath: string } {
    const id = randomUUID()
    return { id, signature: this.sign(`source ${id}`), relativePath: `source/${id}.tar.gz` }
  }

  sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url')
  }

  isSigned(text: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(text))
    const shown = Buffer.from(signature)
    return shown.length === expected.length && timingSafeEqual(shown, expected)
  }

  /** Takes a source in. Throws UserError BODY_TOO_LARGE, SOURCE_EXISTS. */
  async save(id: string, body: Readable): Promise<void> {
    const path = this.#path(id)
    if (await exists(path)) throw new UserError('SOURCE_EXISTS', 'this source has been uploaded already')
    await this.#dropUnused()
    let size = 0
    const limit = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length
        done(size > SOURCE_LIMIT ? new UserError('BODY_TOO_LARGE', 'the build context is too large') : null, chunk)
      },
    })
    try {
      await pipeline(body, limit, createWriteStream(`${path}.part`))
      await rename(`${path}.part`, path)
    } catch (error) {
      await rm(`${path}.part`, { force: true })
      throw error
    }
  }

  /** Throws UserError SOURCE_NOT_FOUND. */
  async open(relativePath: string): Promise<Source> {
    const id = RELATIVE_PATH.exec(relativePath)?.[1]
    if (!id || !(await exists(this.#path(id)))) {
      throw new UserError('SOURCE_NOT_FOUND', `there is no source ${relativePath}`, {
        hint: 'upload the build context first',
      })
    }
    const path = this.#path(id)
    this.#taken.add(path)
    return new Source(path, () => this.#taken.delete(path))
  }

  /** Removes what nobody has asked to be built. */
  async #dropUnused(): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      const path = join(this.#dir, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (!this.#taken.has(path) && mtimeMs < Date.now() - PATIENCE) await rm(path, { force: true })
    }
  }

  #path(id: string): string {
    return join(this.#dir, `${id}.tar.gz`)
  }
}

/** One build context. */
export class Source {
  readonly #path: string
  readonly #onRemove: () => void

  constructor(path: string, onRemove: () => void) {
    this.#path = path
    this.#onRemove = onRemove
  }

  /** The gzipped tar. */
  read(): Readable {
    return createReadStream(this.#path)
  }

  /** The text of a file in it; undefined when there is none. Throws UserError SOURCE_INVALID. */
  async file(name: string): Promise<string | undefined> {
    const extract = tar.extract()
    const flowing = pipeline(this.read(), createGunzip(), extract).catch((cause: unknown) => {
      extract.destroy(new UserError('SOURCE_INVALID', 'the build context is no gzipped tar', { cause }))
    })
    try {
      for await (const entry of extract) {
        if (entry.header.name.replace(/^\.\//, '') !== name || entry.header.type !== 'file') {
          entry.resume()
          continue
        }
        if ((entry.header.size ?? 0) > DOCKERFILE_LIMIT) throw new UserError('SOURCE_INVALID', `${name} is too large`)
        const chunks: Buffer[] = []
        for await (const chunk of entry) chunks.push(chunk as Buffer)
        return Buffer.concat(chunks).toString('utf8')
      }
      return undefined
    } finally {
      extract.destroy()
      await flowing
    }
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
    this.#onRemove()
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
